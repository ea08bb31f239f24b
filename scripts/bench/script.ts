import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A script in a folder of its own, and how to run it with nothing around it: the least that a call can cost. */
export function bareScript(text: string): { run(): Promise<void>; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-bench-script-'));
  const file = join(folder, 'script.sh');
  writeFileSync(file, text);
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', [file], { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.resume();
      child.on('error', reject).on('close', () => resolve());
    });
  return { run, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
