import { join } from 'node:path';

/** The release that `npm run build` has just made. */
export const release = join(import.meta.dirname, '../../dist/release');

/** What is measured: the one executable, as users have it. */
export const program = join(release, `oscar-sandbox-${process.platform}-${process.arch}`);
