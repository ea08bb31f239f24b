import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { required } from './release.ts';

/** Run before the tests of the projects that need a release, see `vitest.config.ts`; quick where nothing has changed. */
export default function build(): void {
  const script = join(import.meta.dirname, '../scripts/build/main.ts');
  // For other machines it takes a minute more.
  const flags = required ? ['--all'] : [];
  execFileSync(process.execPath, [script, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] });
}
