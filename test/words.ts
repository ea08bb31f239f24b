import { join } from 'node:path';

/** The program's entry among the sources. */
export const main = join(import.meta.dirname, '../src/main.ts');

const made = process.env.OSCAR_SANDBOX_TEST_PROGRAM;

/** The words that start the program which the tests drive: the sources, or the one executable; see `vitest.config.ts`. */
export const programWords: readonly [string, ...string[]] = made ? [made] : [process.execPath, main];
