import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { isAlive } from '../../src/daemon/background.ts';
import { hostProgram } from '../release.ts';

let root: string;
let home: string;
let program: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'uninstall-'));
  home = join(root, 'home');
  program = join(home, '.local/bin/oscar-sandbox');
  const folders = ['.local', '.local/bin', '.local/share', '.cache', '.local/state', '.local/state/oscar-sandbox'];
  for (const folder of folders) mkdirSync(join(home, folder), { recursive: true });
  copyFileSync(hostProgram(), program);
  const lines = [`program ${program}`, ...folders.map((folder) => `folder ${join(home, folder)}`)];
  writeFileSync(join(home, '.local/state/oscar-sandbox/installed'), `${lines.join('\n')}\n`);
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs an executable in that home; answers what it says as JSON. */
const run = (file: string, ...args: string[]) =>
  new Promise<unknown>((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: home, TMPDIR: root, OSCAR_SANDBOX_EXECUTOR: 'local' };
    execFile(file, [...args, '--json'], { env, cwd: root }, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout)),
    );
  });
const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];

it('an installed program removes itself, the sandbox that it runs and all that it has made', async () => {
  const { pid } = (await run(program, 'up', '--detach', ...ports)) as Status;
  expect(readdirSync(join(home, '.cache/oscar-sandbox/sqlite'))).toHaveLength(1);
  expect(await run(program, 'uninstall', '--yes')).toMatchObject({
    programs: [program],
    cache: [join(home, '.cache/oscar-sandbox')],
  });
  expect(readdirSync(home)).toEqual([]);
  expect(isAlive(pid)).toBe(false);
});

it('a program that took the place of the one that runs starts the sandbox again where it was', async () => {
  const before = (await run(program, 'up', '--detach', ...ports)) as Status;
  rmSync(program);
  copyFileSync(hostProgram(), program);
  const after = (await run(program, 'restart')) as Status;
  expect(after).toEqual({ ...before, pid: after.pid });
  expect(after.pid).not.toBe(before.pid);
  await run(program, 'uninstall', '--yes');
});

it('a program stays while it serves a sandbox elsewhere, which no receipt tells of', async () => {
  const elsewhere = join(root, 'elsewhere');
  const { pid } = (await run(program, 'up', '--detach', ...ports, '--data-dir', elsewhere)) as Status;
  await expect(run(program, 'uninstall', '--yes')).rejects.toMatchObject({
    code: 6,
    message: expect.stringContaining(`The program is needed: a sandbox runs on ${elsewhere}.`),
  });
  expect(isAlive(pid)).toBe(true);
  await run(program, 'clean', '--yes', '--data-dir', elsewhere);
  await run(program, 'uninstall', '--yes');
  expect(readdirSync(home)).toEqual([]);
});
