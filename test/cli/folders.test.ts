import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTemplate, listTemplates, templateFolder } from '../../src/cli/templates.ts';
import { describeWith } from '../clients/installed.ts';
import { createHome } from './drive.ts';

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
    expect(listed.map(({ name }) => name)).toEqual(readdirSync(templateFolder).sort());
    expect(listed.filter(({ about }) => about === '')).toEqual([]);
  });

  it('takes what a template is about from its first comment, whichever file has one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'templates-'));
    for (const [name, text] of [
      ['a/README.md', '# From the page\n'],
      ['b/b.yaml', '# yaml-language-server: x\n# From the FDL\n'],
      ['c/c.sh', '#!/bin/sh\n# From the script\n'],
    ] as const) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const about = (await listTemplates(folder)).map((template) => template.about);
    expect(about).toEqual(['From the page', 'From the FDL', 'From the script']);
    expect(await copyTemplate({ from: join(folder, 'a'), to: join(folder, 'copy'), schema: {} })).toContain(
      'README.md',
    );
    rmSync(folder, { recursive: true });
  });
});

describe('clean', () => {
  const fill = (name: string) => {
    const dataDir = join(home.home, name);
    mkdirSync(join(dataDir, 'objects/b'), { recursive: true });
    for (const file of ['state.db', 'state.db-wal', 'credentials', 'daemon.log', 'id.new'])
      writeFileSync(join(dataDir, file), '');
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

  it('has nothing to do in a folder that is no data folder', async () => {
    const ended = await home.drive(['clean', '--data-dir', join(home.home, 'nowhere')]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
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
