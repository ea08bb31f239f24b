import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statIfThere } from '../../src/cli/files.ts';
import { everywhere, fileFlags, sandboxFlags } from '../../src/cli/flags.ts';
import { engineEnvironment, loadSettings, shellEnvironment } from '../../src/config.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sandbox-config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Written {
  given?: Record<string, unknown>;
  env?: Record<string, string>;
  files?: Record<string, string>;
}

function load({ given = {}, env = {}, files = {} }: Written) {
  for (const [name, text] of Object.entries(files)) {
    const file = join(home, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const flags = [...sandboxFlags, ...everywhere];
  return loadSettings({ flags, given, inFile: fileFlags, around: { env, home } });
}

const inUser = '.config/oscar-sandbox/config.yaml';
const inData = '.local/share/oscar-sandbox/config.json';

it('settings that cannot be read do not pass for none', async () => {
  mkdirSync(join(home, inUser), { recursive: true });
  await expect(load({})).rejects.toThrow(`${join(home, inUser)} cannot be read`);
});

it('a path that may not be looked at does not pass for one where nothing is', async () => {
  await expect(statIfThere(join(home, 'nothing'))).resolves.toBeUndefined();
  await expect(statIfThere(join(home, 'x'.repeat(300)))).rejects.toThrow('cannot be looked at: ENAMETOOLONG');
});

describe('a setting is what the flag says, else the environment, else the file, else the default', () => {
  const given = { port: '1' };
  const env = { OSCAR_SANDBOX_PORT: '2' };
  const files = { [inData]: '{"port": 3}', [inUser]: 'port: 4' };
  const rows: [what: string, written: Written, port: number, isSet: boolean][] = [
    ['flag', { given, env, files }, 1, true],
    ['environment', { env, files }, 2, true],
    ['file in the data folder', { files }, 3, true],
    ['file of the user', { files: { [inUser]: 'port: 4' } }, 4, true],
    ['default', {}, 8080, false],
    ['an empty variable is none', { env: { OSCAR_SANDBOX_PORT: '' }, files }, 3, true],
  ];
  it.each(rows)('%s', async (_what, written, port, isSet) => {
    const settings = await load(written);
    expect([settings.number('port'), settings.isSet('port')]).toEqual([port, isSet]);
  });
});

describe('the data folder', () => {
  const rows: [what: string, written: Written, folder: string][] = [
    ['is in the home by default', {}, 'HOME/.local/share/oscar-sandbox'],
    ['follows XDG_DATA_HOME', { env: { XDG_DATA_HOME: '/x' } }, '/x/oscar-sandbox'],
    ['comes from the environment', { env: { OSCAR_SANDBOX_DATA_DIR: '/e' } }, '/e'],
    ['comes from the flag first', { given: { 'data-dir': '/f' }, env: { OSCAR_SANDBOX_DATA_DIR: '/e' } }, '/f'],
    ['comes from the file of the user', { files: { [inUser]: 'data-dir: /u' } }, '/u'],
    [
      'comes from the file of the user where XDG_CONFIG_HOME says',
      { files: { 'c/oscar-sandbox/config.yaml': 'data-dir: /c' }, env: { XDG_CONFIG_HOME: 'HOME/c' } },
      '/c',
    ],
  ];
  it.each(rows)('%s', async (_what, written, folder) => {
    const env = Object.fromEntries(
      Object.entries(written.env ?? {}).map(([name, value]) => [name, value.replace('HOME', home)]),
    );
    expect((await load({ ...written, env })).dataDir).toBe(folder.replace('HOME', home));
  });
});

it('a file may hold comments, quotes, lists, sizes and switches', async () => {
  const yaml = `---\n# mine\nhost: "0.0.0.0" # all\nallow-host: [a.test, 'b.test']\n\nkeep-bytes: 2Gi\nno-fallback: yes\n`;
  const settings = await load({ files: { [inUser]: yaml } });
  expect(settings.text('host')).toBe('0.0.0.0');
  expect(settings.list('allow-host')).toEqual(['a.test', 'b.test']);
  expect(settings.number('keep-bytes')).toBe(2 * 1024 ** 3);
  expect(settings.on('no-fallback')).toBe(true);
});

it('a list in the environment is separated by blanks or commas', async () => {
  const settings = await load({ env: { OSCAR_SANDBOX_ALLOW_HOST: 'a.test, b.test' } });
  expect(settings.list('allow-host')).toEqual(['a.test', 'b.test']);
});

it('a switch that is off on one place hides the one below', async () => {
  const settings = await load({
    env: { OSCAR_SANDBOX_NO_FALLBACK: 'false' },
    files: { [inUser]: 'no-fallback: true' },
  });
  expect(settings.on('no-fallback')).toBe(false);
});

describe('what makes no sense is told with its place', () => {
  const rows: [written: Written, sentence: string][] = [
    [{ env: { OSCAR_SANDBOX_PORT: 'x' } }, 'OSCAR_SANDBOX_PORT must be a whole number, not "x".'],
    [{ env: { OSCAR_SANDBOX_JSON: 'maybe' } }, 'OSCAR_SANDBOX_JSON must be true or false, not "maybe".'],
    [{ files: { [inUser]: 'port: x' } }, `port in HOME/${inUser} must be a whole number, not "x".`],
    [{ files: { [inUser]: 'prot: 1' } }, `HOME/${inUser} sets prot, which is no setting.`],
    [{ files: { [inUser]: 'yes: true' } }, `HOME/${inUser} sets yes, which is no setting.`],
    [{ files: { [inUser]: 'a:\n  b: 1' } }, `HOME/${inUser}:2 is not a setting: b: 1`],
    [{ files: { [inData]: '{' } }, `HOME/${inData} is not JSON.`],
    [{ files: { [inData]: '[]' } }, `HOME/${inData} must hold one JSON object.`],
  ];
  it.each(rows)('%j', async (written, sentence) => {
    const complaint = await load(written).catch((error: Error) => error.message);
    expect(complaint).toBe(sentence.replace('HOME', home));
  });
});

it('services see five variables of the environment and no secret', () => {
  const env = { PATH: '/bin', HOME: '/h', LANG: 'C', TMPDIR: '/t', USER: 'u', AWS_SECRET_ACCESS_KEY: 's' };
  expect(shellEnvironment({ env, home })).toEqual({ PATH: '/bin', HOME: '/h', LANG: 'C', TMPDIR: '/t', USER: 'u' });
});

it('an engine is looked for, and its registries are reached, with what tells of them alone', () => {
  const told = { DOCKER_HOST: 'unix:///x', XDG_RUNTIME_DIR: '/run', AWS_PROFILE: 'p', HOME: '/h', PATH: '/bin' };
  expect(engineEnvironment({ env: { ...told, EDITOR: 'vi', MY_DOCKER_HOST: 'no' }, home })).toEqual(told);
});
