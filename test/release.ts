import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { releaseFolder as folder } from '../scripts/build/release.ts';
import { host, type Target } from '../scripts/build/targets.ts';

/** Is everything to be tried, so that what is missing is a failure? */
export const required = process.env.OSCAR_SANDBOX_REQUIRE === 'all';

/**
 * The folder of the release, with the program for this machine, its archive and what comes with them. It is made before
 * the tests of the project `binary` begin; a test that needs it has to be one of those, as all in test/binary and
 * test/install are: see `vitest.config.ts`.
 */
export const releaseFolder = (): string => folder;

/** The program for a system and processor, in the release. */
export const programOf = ({ name }: Pick<Target, 'name'>): string => join(folder, `oscar-sandbox-${name}`);

/** The program for this machine. */
export function hostProgram(): string {
  if (host) return programOf(host);
  throw new Error(`There is no program for ${process.platform}-${process.arch}.`);
}

/** Is the program for another machine there? `npm run build -- --all` makes all; where all is required, it has to be. */
export const isMade = (target: Pick<Target, 'name'>): boolean => required || existsSync(programOf(target));
