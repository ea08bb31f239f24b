import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { required } from '../release.ts';

const { env } = process;

/** Where the programs of a cluster lie that were built for the tests. */
export const partsFolder =
  env.OSCAR_SANDBOX_TEST_PARTS ?? join(env.OSCAR_SANDBOX_CI_CACHE ?? '/var/tmp/oscar-sandbox-ci', 'kind');

/** One of them. */
export const partOf = (name: string): string => join(partsFolder, 'bin', name);

/** Are these there? Where all is required, they have to be. */
export function hasParts(...names: string[]): boolean {
  const missing = names.filter((name) => !existsSync(partOf(name)));
  if (missing.length === 0 || required) return true;
  console.warn(`Skipped: ${partsFolder}/bin has no ${missing.join(', ')}.`);
  return false;
}
