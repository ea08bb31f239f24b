import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aboutOf } from '../../src/cli/templates.ts';
import { takeLock } from '../../src/store/database.ts';
import { describeWith } from '../clients/installed.ts';
import { createHome } from './drive.ts';

const templateFolder = join(import.meta.dirname, '../../templates');
let home: ReturnType<typeof createHome>;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.remove());

describe('init', () => {
  it('copies a template into a folder of its name, with the schema that its editor asks for', async () => {
    const ended = await home.drive(['init', 'word-count']);
    const files = ['fdl.schema.json', ...readdirSync(join(templateFolder, 'word-count'))].sort();
    expect(readdirSync(join(home.home, 'word-count')).sort()).toEqual(files);
    expect(ended.stdout.trim().split('\n').sort()).toEqual(files.map((file) => `word-count/${file}`));
    expect(ended.stderr).toBe('\nServe it: oscar-sandbox up word-count\n');
    expect(readFileSync(join(home.home, 'word-count/word-count.yaml'), 'utf8')).toContain('$schema=fdl.schema.json');
  });

  it('writes over nothing, and then copies nothing', async () => {
    mkdirSync(join(home.home, 'mine'));
    writeFileSync(join(home.home, 'mine/echo.sh'), 'mine');
    const ended = await home.drive(['init', 'echo', 'mine']);
    expect(ended.stderr).toContain(`error: ${home.home}/mine/echo.sh is there already; nothing was copied.\n`);
    expect(ended.code).toBe(6);
    expect(readdirSync(join(home.home, 'mine'))).toEqual(['echo.sh']);
  });

  it('lists every template with a line about it', async () => {
    const { stdout } = await home.drive(['init', '--json']);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; about: string });
    // Beside them lies what a cluster is made of.
    const templates = readdirSync(templateFolder).filter((name) => name !== 'cluster');
    expect(listed.map(({ name }) => name)).toEqual(templates.sort());
    expect(listed.filter(({ about }) => about === '')).toEqual([]);
  });

  it.each([
    ['the page', { 'a.sh': '# no', 'README.md': '# From the page\n' }, 'From the page'],
    ['the FDL', { 'b.yaml': '# yaml-language-server: x\n# From the FDL\n', 'b.sh': '# no' }, 'From the FDL'],
    ['the script', { 'c.sh': '#!/bin/sh\n# From the script\n' }, 'From the script'],
    ['nowhere, where nothing is said', { 'c.sh': '#!/bin/sh\n' }, ''],
  ])('takes what a template is about from %s', (_, files, about) => {
    expect(aboutOf(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])))).toBe(about);
  });
});

describe('clean', () => {
  const fill = (name: string) => {
    const dataDir = join(home.home, name);
    mkdirSync(join(dataDir, 'objects/b'), { recursive: true });
    for (const file of ['state.db-wal', 'credentials', 'daemon.log', 'id.new']) writeFileSync(join(dataDir, file), '');
    writeFileSync(join(dataDir, 'state.db'), 'SQLite format 3\0');
    return dataDir;
  };

  it('refuses to remove data where nobody can be asked', async () => {
    const dataDir = fill('asked');
    const ended = await home.drive(['clean', '--data-dir', dataDir]);
    expect(ended.stderr).toContain('there is no terminal to ask on.\nhint: Say --yes if you mean it.\n');
    expect(ended.code).toBe(2);
    expect(existsSync(join(dataDir, 'state.db'))).toBe(true);
  });

  it('removes the data folder with --yes', async () => {
    const dataDir = fill('gone');
    const ended = await home.drive(['clean', '--yes', '--data-dir', dataDir]);
    expect(ended.stdout).toBe(`Removed the data in ${dataDir}.\n`);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('leaves what is not a sandbox’s, and the folder with it', async () => {
    const dataDir = fill('shared');
    writeFileSync(join(dataDir, 'thesis.tex'), '');
    await home.drive(['clean', '--yes', '--data-dir', dataDir]);
    expect(readdirSync(dataDir)).toEqual(['thesis.tex']);
  });

  it('keeps what the things on an engine are known by, as long as that does not answer', async () => {
    const dataDir = fill('away');
    writeFileSync(join(dataDir, 'id'), '0123456789ab\n');
    writeFileSync(join(dataDir, 'engine'), 'tcp://127.0.0.1:1\n');
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
    const ended = await home.drive(['clean', '--yes', '--data-dir', dataDir], { env });
    expect(ended.stderr).toContain('run clean once more');
    expect(readdirSync(dataDir).sort()).toEqual(['engine', 'id']);
  });

  it.each([
    ['nothing that tells of one', {}],
    ['an id of something else', { id: 'urn:isbn:0451450523\n' }],
    ['a database of something else', { 'state.db': 'GDBM' }],
  ])('removes nothing from a folder with %s', async (_, files: Record<string, string>) => {
    const dataDir = mkdtempSync(join(home.home, 'project-'));
    for (const name of ['bin', 'logs', 'objects', 'spool', 'templates', 'work']) mkdirSync(join(dataDir, name));
    for (const [name, text] of Object.entries({ lock: '', 'daemon.log': '', ...files }))
      writeFileSync(join(dataDir, name), text);
    const before = readdirSync(dataDir);
    const ended = await home.drive(['clean', '--yes', '--data-dir', dataDir]);
    expect(ended).toEqual({ code: 0, stderr: '', stdout: `There is nothing of a sandbox in ${dataDir}.\n` });
    expect(readdirSync(dataDir)).toEqual(before);
  });

  it('leaves folders of a sandbox’s folder that no sandbox makes', async () => {
    const dataDir = fill('project');
    for (const name of ['bin', 'templates']) mkdirSync(join(dataDir, name));
    await home.drive(['clean', '--yes', '--data-dir', dataDir]);
    expect(readdirSync(dataDir).sort()).toEqual(['bin', 'templates']);
  });

  it.each([
    ['has not come to the lock', () => undefined],
    ['has no id yet', (dataDir: string) => takeLock(join(dataDir, 'lock'))?.()],
  ])('removes what is left of a start that %s', async (_, begin) => {
    const dataDir = mkdtempSync(join(home.home, 'begun-'));
    mkdirSync(join(dataDir, 'spool'));
    writeFileSync(join(dataDir, 'daemon.log'), '');
    begin(dataDir);
    expect((await home.drive(['clean', '--yes', '--data-dir', dataDir])).code).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('removes nothing from under a sandbox that it does not find', async () => {
    const dataDir = fill('held');
    const release = takeLock(join(dataDir, 'lock'));
    const before = readdirSync(dataDir);
    const ended = await home.drive(['clean', '--yes', '--data-dir', dataDir]);
    expect(ended.stderr).toContain(`error: A sandbox that cannot be asked to stop has ${dataDir}.\nhint: `);
    expect(ended.code).toBe(6);
    expect(readdirSync(dataDir)).toEqual(before);
    release?.();
    expect((await home.drive(['clean', '--yes', '--data-dir', dataDir])).code).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('leaves a link to the data folder, and says so', async () => {
    const disk = fill('disk');
    const dataDir = join(home.home, 'link');
    symlinkSync(disk, dataDir);
    expect(await home.drive(['clean', '--yes', '--data-dir', dataDir])).toEqual({
      code: 0,
      stdout: `Removed the data in ${dataDir}.\n`,
      stderr: `warning: ${dataDir} is empty and stays: it is a link.\n`,
    });
    expect(readdirSync(disk)).toEqual([]);
  });

  it('empties what is mounted, and says that it stays', async (context) => {
    const dataDir = fill('mounted');
    const objects = join(dataDir, 'objects');
    if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', objects]).status !== 0)
      return context.skip('Only root can mount what this is tried with.');
    try {
      mkdirSync(join(objects, 'blobs'));
      const ended = await home.drive(['clean', '--yes', '--data-dir', dataDir]);
      const stderr = `warning: ${objects} is empty and stays: something is mounted there.\n`;
      expect(ended).toMatchObject({ code: 0, stderr });
      expect([readdirSync(dataDir), readdirSync(objects)]).toEqual([['objects'], []]);
    } finally {
      spawnSync('umount', ['--lazy', objects]);
    }
  });

  it('has nothing to do in a folder that is no data folder', async () => {
    const ended = await home.drive(['clean', '--data-dir', join(home.home, 'nowhere')]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a data folder that others may read', () => {
  it('stays that; what a sandbox keeps there is closed to them, and stays while it runs', async () => {
    const dataDir = mkdtempSync(join(home.home, 'read-'));
    chmodSync(dataDir, 0o755);
    const on = ['--data-dir', dataDir];
    const started = await home.drive(['up', '--detach', ...on, '--port', '0', '--s3-port', '0', '--exposed-port', '0']);
    expect(started.code).toBe(0);
    const status = readFileSync(join(dataDir, 'daemon.json'));
    try {
      const openOf = (name: string) => statSync(join(dataDir, name)).mode & 0o077;
      expect(openOf('.')).toBe(0o055);
      // Nothing is in the lock.
      expect(readdirSync(dataDir).filter((name) => !name.startsWith('lock') && openOf(name) !== 0)).toEqual([]);
      writeFileSync(join(dataDir, 'daemon.json'), '{');
      expect((await home.drive(['clean', '--yes', ...on])).code).toBe(6);
      expect(existsSync(join(dataDir, 'state.db'))).toBe(true);
    } finally {
      writeFileSync(join(dataDir, 'daemon.json'), status);
      await home.drive(['down', ...on]);
    }
  });
});

describe('doctor', () => {
  const checkOf = async (name: string, env: Record<string, string> = {}, args: string[] = []) => {
    const { stdout } = await home.drive(['doctor', '--json', ...args], { env });
    const all = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { check: string; state: string; text: string });
    return all.find(({ check }) => check === name);
  };

  it('says which proxy would catch what clients send here', async () => {
    const caught = await checkOf('proxies', { HTTP_PROXY: 'http://proxy.test' });
    expect(caught).toMatchObject({ state: 'warn', text: expect.stringContaining('HTTP_PROXY') });
    const spared = await checkOf('proxies', { HTTP_PROXY: 'http://proxy.test', NO_PROXY: 'localhost,127.0.0.1' });
    expect(spared).toMatchObject({ state: 'ok' });
  });

  it('names the tools that a PATH lacks', async () => {
    expect(await checkOf('shell', { PATH: home.home })).toMatchObject({
      state: 'warn',
      text: expect.stringContaining('awk'),
    });
  });

  it('says of a container engine that does not answer how to mend that, if one is wanted', async () => {
    const nowhere = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
    const said = 'The container engine at tcp://127.0.0.1:1 (DOCKER_HOST) does not answer: nobody listens';
    expect(await checkOf('engine', { ...nowhere, OSCAR_SANDBOX_EXECUTOR: 'auto' })).toEqual({
      check: 'engine',
      state: 'warn',
      text: `${said}: services run on this machine, without their images`,
      fix: 'Start it, or name another one in DOCKER_HOST.',
    });
    expect(await checkOf('engine', nowhere)).toMatchObject({ state: 'ok', text: expect.stringContaining(said) });
  });

  it('fails where the data folder cannot be written, with exit code 1', async () => {
    writeFileSync(join(home.home, 'a-file'), '');
    const ended = await home.drive(['doctor', '--data-dir', join(home.home, 'a-file/data')]);
    expect(ended.stdout).toMatch(
      /^fail {2}data folder {2}.*cannot be written.*\n {19}Choose another with --data-dir\.$/m,
    );
    expect(ended.code).toBe(1);
  });

  it('leaves nothing behind', async () => {
    await checkOf('data folder');
    expect(existsSync(home.dataDir)).toBe(false);
  });
});

describeWith('docker', () => {
  it('doctor says which engine answers, how it was found and what it gives', async () => {
    const { stdout } = await home.drive(['doctor'], { env: { OSCAR_SANDBOX_EXECUTOR: 'auto' } });
    expect(stdout).toMatch(
      /^(ok {2}|warn) {2}engine {7}Docker \d\S+ at unix:\/\/\/var\/run\/docker\.sock \(the usual socket of Docker\), .*, gives [\d.]+ GiB memory, \d+ processors?/m,
    );
  });
});
