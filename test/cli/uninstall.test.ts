import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { type DriveOptions, drive } from './drive.ts';

let root: string;
let home: string;
const at = (...names: string[]) => join(home, ...names);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'uninstall-'));
  home = join(root, 'home');
  mkdirSync(home);
});
afterEach(() => rmSync(root, { recursive: true }));

const env = () => ({ HOME: home, TMPDIR: join(root, 'tmp'), OSCAR_SANDBOX_EXECUTOR: 'local' });
const run = (args: string[], options: DriveOptions = {}) =>
  drive(args, { cwd: root, ...options, env: { ...env(), ...options.env } });
const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];

/** What is below a folder, folders with a / at their end. */
const listing = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1) + (entry.isDirectory() ? '/' : ''))
    .sort();

function write(path: string, text = ''): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const database = 'SQLite format 3\0';
const state = () => at('.local/state/oscar-sandbox');
/** Does what the installer does in an empty home; but for `there`, all of these folders are new. */
function install(there: string[] = [], program = at('.local/bin/oscar-sandbox')): string {
  for (const folder of there) mkdirSync(at(folder), { recursive: true });
  const folders = ['.local', '.local/bin', '.local/state', '.local/state/oscar-sandbox', '.local/share', '.cache'];
  const made = folders.filter((folder) => !existsSync(at(folder)));
  for (const folder of folders) mkdirSync(at(folder), { recursive: true });
  write(at('.local/bin/oscar-sandbox'), '#!/bin/sh\n');
  write(at('.cache/oscar-sandbox/sqlite', `${'0123456789abcdef'.repeat(2)}.node`));
  const lines = [`program ${program}`, ...made.map((folder) => `folder ${at(folder)}`)];
  write(join(state(), 'installed'), `${lines.join('\n')}\n`);
  return program;
}

describe('uninstall', () => {
  it('leaves an empty home as empty as it was, and no sandbox that runs', async () => {
    const program = install();
    await run(['up', '--detach', ...ports]);
    const ended = await run(['uninstall', '--yes', '--json']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const dataDir = at('.local/share/oscar-sandbox');
    expect(JSON.parse(ended.stdout)).toEqual({
      removed: expect.arrayContaining(['state.db', 'id']),
      containers: 0,
      networks: 0,
      volumes: 0,
      clusters: 0,
      clusterObjects: 0,
      dataDir,
      cache: [at('.cache/oscar-sandbox')],
      programs: [program],
      folders: expect.arrayContaining([at('.local'), at('.local/bin'), state(), at('.cache')]),
    });
    expect(listing(home)).toEqual([]);
    expect((await run(['status'])).code).toBe(3);
  });

  it('leaves what was there before the installation, and what others have put into its folders since', async () => {
    install(['.local/bin']);
    write(at('.cache/others/file'));
    write(at('.cache/oscar-sandbox/notes.txt'));
    write(at('.local/share/oscar-sandbox/state.db'), database);
    const ended = await run(['uninstall', '--yes']);
    expect(ended.stdout).toBe(
      `Removed the data in ${at('.local/share/oscar-sandbox')}, the cache in ${at('.cache/oscar-sandbox')}, ${at('.local/bin/oscar-sandbox')}.\n`,
    );
    expect(listing(home)).toEqual([
      '.cache/',
      '.cache/oscar-sandbox/',
      '.cache/oscar-sandbox/notes.txt',
      '.cache/others/',
      '.cache/others/file',
      '.local/',
      '.local/bin/',
    ]);
  });

  it('removes of a link the link alone', async () => {
    const target = write(join(root, 'opt/oscar-sandbox'), 'program');
    const program = install();
    rmSync(program);
    symlinkSync(target, program);
    expect((await run(['uninstall', '--yes'])).code).toBe(0);
    expect(listing(home)).toEqual([]);
    expect(readFileSync(target, 'utf8')).toBe('program');
  });

  it('removes no file that a receipt names and that is no program of ours', async () => {
    install([], write(at('thesis.tex')));
    await run(['uninstall', '--yes']);
    expect(existsSync(at('thesis.tex'))).toBe(true);
  });

  it('finishes what one before it had begun', async () => {
    install();
    rmSync(at('.cache'), { recursive: true });
    mkdirSync(at('.local/share/oscar-sandbox'), { recursive: true });
    expect((await run(['uninstall', '--yes'])).code).toBe(0);
    expect(listing(home)).toEqual([]);
  });

  it('refuses where nobody can be asked, and removes nothing', async () => {
    install();
    const before = listing(home);
    const ended = await run(['uninstall']);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('hint: Say --yes if you mean it.') });
    expect(listing(home)).toEqual(before);
  });

  it('keeps the program as long as an engine has something and does not answer, and says how to go on', async () => {
    const program = install();
    const dataDir = at('.local/share/oscar-sandbox');
    write(join(dataDir, 'id'), '0123456789ab\n');
    write(join(dataDir, 'engine'), 'tcp://127.0.0.1:1\n');
    write(join(dataDir, 'state.db'), database);
    const nowhere = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };
    const ended = await run(['uninstall', '--yes'], nowhere);
    expect(ended.stderr).toBe(
      'error: What is left of it on the container engine at tcp://127.0.0.1:1 stays: the engine does not answer. So does the program, to remove it later.\n' +
        `hint: See to the engine and run uninstall once more; if it is gone for good, delete ${dataDir}/id before.\n`,
    );
    expect(ended.code).toBe(7);
    expect(readdirSync(dataDir).sort()).toEqual(['engine', 'id']);
    expect(existsSync(program)).toBe(true);
    rmSync(join(dataDir, 'id'));
    expect((await run(['uninstall', '--yes'], nowhere)).code).toBe(0);
    expect(listing(home)).toEqual([]);
  });

  it.each([
    ['--data-dir', (other: string) => run(['uninstall', '--yes', '--data-dir', other])],
    ['the environment', (other: string) => run(['uninstall', '--yes'], { env: { OSCAR_SANDBOX_DATA_DIR: other } })],
  ])('of the folder that %s names keeps the program for the sandbox at its usual place', async (_, uninstall) => {
    install();
    const usual = at('.local/share/oscar-sandbox');
    write(join(usual, 'state.db'), database);
    const other = dirname(write(join(root, 'other/state.db'), database));
    const before = [listing(home), listing(other)];
    const ended = await uninstall(other);
    expect(ended.stderr).toContain(`error: The program is needed: a sandbox has its data in ${usual}.\nhint: `);
    expect(ended.code).toBe(6);
    expect([listing(home), listing(other)]).toEqual(before);
    expect((await run(['clean', '--yes'])).code).toBe(0);
    expect((await uninstall(other)).code).toBe(0);
    expect(listing(home)).toEqual([]);
  });

  it('that is told a folder keeps the program for the sandbox that its settings name', async () => {
    install();
    const usual = dirname(write(join(root, 'usual/state.db'), database));
    write(at('.config/oscar-sandbox/config.yaml'), `data-dir: ${usual}\n`);
    const ended = await run(['uninstall', '--yes', '--data-dir', join(root, 'other')]);
    expect(ended).toMatchObject({ code: 6, stderr: expect.stringContaining(usual) });
  });

  it('finds the usual folder through a link', async () => {
    install();
    write(at('.local/share/oscar-sandbox/state.db'), database);
    symlinkSync(at('.local/share/oscar-sandbox'), join(root, 'link'));
    const ended = await run(['uninstall', '--yes', '--data-dir', join(root, 'link')]);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('is empty and stays: it is a link') });
  });

  it('without a receipt removes the data and the cache, and says what removes the program', async () => {
    write(at('.local/share/oscar-sandbox/state.db'), database);
    const ended = await run(['uninstall', '--yes']);
    expect(ended.stdout).toBe(`Removed the data in ${at('.local/share/oscar-sandbox')}.\n`);
    expect(ended.stderr).toMatch(
      /^The program runs from its sources: .*\/src\/main\.ts and what is beside it stay\.\n$/,
    );
    expect(existsSync(at('.local/share/oscar-sandbox'))).toBe(false);
  });
});

/** Runs `uninstall` in this process, as the program that these words start. */
async function uninstallAs(program: [string, ...string[]]) {
  const said = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (part: Buffer, _encoding, done) => {
        said[name] += part;
        done();
      },
    });
  const code = await runCli(['uninstall', '--yes'], {
    streams: { stdout: sink('stdout'), stderr: sink('stderr') },
    around: { env: env(), home },
    version: '0.1.0',
    program,
    interruption: () => AbortSignal.abort(),
  });
  return { code, ...said };
}

it('what a killed installer has left beside the program goes too, that of one at work does not', async () => {
  install();
  write(at('.local/bin/.oscar-sandbox.4194303/oscar-sandbox.gz'));
  const other = write(at(`.local/bin/.oscar-sandbox.${process.pid}/oscar-sandbox.gz`));
  expect(await run(['uninstall', '--yes'])).toMatchObject({ code: 0 });
  expect(existsSync(other)).toBe(true);
  expect(readdirSync(at('.local/bin'))).toEqual([`.oscar-sandbox.${process.pid}`]);
});

describe('what was installed for elsewhere', () => {
  const noted = () => writeFileSync(join(state(), 'installed'), `data ${at('box')}\n`, { flag: 'a' });

  it('goes too, without being named: its data folder is on the receipt', async () => {
    install();
    noted();
    write(at('box/state.db'), database);
    const { code, stdout } = await run(['uninstall', '--yes']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(`the data in ${at('box')}, `) });
    expect(listing(home)).toEqual([]);
  });

  it('keeps the program while it is needed, when another one is named', async () => {
    install();
    noted();
    write(at('box/state.db'), database);
    const before = listing(home);
    expect(await run(['uninstall', '--yes', '--data-dir', at('other')])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(`error: The program is needed: a sandbox has its data in ${at('box')}.\n`),
    });
    expect(listing(home)).toEqual(before);
  });
});

describe('the program that uninstalls', () => {
  it('is removed when it is one executable, also where no installer has put it', async () => {
    const program = write(at('Downloads/oscar-sandbox'));
    expect(await uninstallAs([program])).toEqual({ code: 0, stdout: `Removed ${program}.\n`, stderr: '' });
    expect(listing(home)).toEqual(['Downloads/']);
  });

  it('is removed beside the one that a receipt names', async () => {
    const other = write(at('Downloads/oscar-sandbox'));
    const program = install();
    expect((await uninstallAs([other])).stdout).toMatch(new RegExp(` ${program}, ${other}\\.\n$`));
    expect(listing(home)).toEqual(['Downloads/']);
  });

  it('stays when it is a file of a release', async () => {
    const program = write(at('release/oscar-sandbox-linux-x64'));
    const { code, stderr } = await uninstallAs([program]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${program} stays: no installer put it there, and it is not called oscar-sandbox.\n`,
    });
    expect(existsSync(program)).toBe(true);
  });

  it('stays where an installed link leads to it', async () => {
    const target = write(join(root, 'opt/oscar-sandbox'));
    const program = install();
    rmSync(program);
    symlinkSync(target, program);
    await uninstallAs([target]);
    expect(existsSync(target)).toBe(true);
    expect(listing(home)).toEqual([]);
  });

  it('is left to npm where npm has brought it', async () => {
    const file = write(join(root, 'lib/node_modules/oscar-sandbox/main.js'));
    expect((await uninstallAs([process.execPath, file])).stderr).toBe(
      'The program came with npm: `npm uninstall oscar-sandbox` removes it, with -g if it was installed so.\n',
    );
    expect(existsSync(file)).toBe(true);
  });
});
