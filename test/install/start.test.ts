import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScene, errors, type InstallOptions, names, type Scene, shells } from './scene.ts';
import { type Serving, serve } from './serving.ts';
import { standInProgram, standInRelease } from './standin.ts';

let scene: Scene;
const servers: Record<string, Serving> = {};
beforeAll(async () => {
  for (const version of ['1.0.0', '1.1.0']) {
    const files = standInRelease(standInProgram(version));
    servers[version] = await serve((name) => files.get(name));
  }
});
afterAll(() => Promise.all(Object.values(servers).map((server) => server.close())));
beforeEach(() => {
  scene = createScene();
});
afterEach(() => scene.remove());

const install = async (version: string, options: InstallOptions = {}) => {
  const ended = await scene.install(servers[version]?.base ?? '', options);
  return {
    ...ended,
    stdout: ended.stdout.replaceAll(scene.home, '~'),
    stderr: ended.stderr.replaceAll(scene.home, '~'),
  };
};

const path = `
~/.local/bin is not on the PATH. This line puts it there; for every new shell, add it to the file yours reads first:
  export PATH=~/.local/bin:"$PATH"
`;
const facts = `
  OSCAR API     http://127.0.0.1:8080
  user          oscar
  password      pass"wo\\rd
  S3            http://127.0.0.1:9000
  access key    ACCESS
  secret key    SECRET
  services on   local
`;
const next = (serve: string) => `
Next:
  oscar-sandbox init word-count
  ${serve}
  oscar-sandbox run word-count --file word-count/poem.txt

Set-up of OSCAR clients and S3 tools: oscar-sandbox credentials
Remove it all: oscar-sandbox uninstall
`;
const apply = next('oscar-sandbox apply word-count/word-count.yaml');
const up = next('oscar-sandbox up word-count --detach --wait');

it.each(shells)('%s installs the program, starts the sandbox and says what is next', async (shell) => {
  expect(await install('1.0.0', { shell })).toEqual({
    code: 0,
    stderr: '',
    stdout: `OSCAR Sandbox 1.0.0 is installed: ~/.local/bin/oscar-sandbox\nThe sandbox is up.\n${facts}${path}${apply}`,
  });
  expect(scene.calls()).toEqual(['1.0.0 up --detach --wait']);
});

it('a home with blanks and quotes is one like others', async () => {
  const home = join(scene.home, `it's "my" $home`);
  mkdirSync(home);
  expect(await install('1.0.0', { env: { HOME: home } })).toMatchObject({ code: 0, stderr: '' });
  const again = await install('1.1.0', { env: { HOME: home } });
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout).toContain(`  export PATH='~/it'\\''s "my" $home/.local/bin':"$PATH"\n`);
  expect(scene.calls()).toEqual(['1.0.0 up --detach --wait', '1.1.0 restart']);
});

it('a newer version takes the place of the one before, and of the sandbox that runs', async () => {
  await install('1.0.0');
  const record = readFileSync(join(scene.home, '.local/state/oscar-sandbox/installed'), 'utf8');
  expect(await install('1.1.0')).toEqual({
    code: 0,
    stderr: '',
    stdout: `OSCAR Sandbox 1.0.0 → 1.1.0: ~/.local/bin/oscar-sandbox\nThe sandbox that ran was restarted with it, as it was before. Its data is kept.\n${facts}${path}${apply}`,
  });
  expect(scene.calls()).toEqual(['1.0.0 up --detach --wait', '1.1.0 restart']);
  expect(readFileSync(join(scene.home, '.local/state/oscar-sandbox/installed'), 'utf8')).toBe(record);
});

it('where its data lies is on record', async () => {
  const record = () => readFileSync(join(scene.home, '.local/state/oscar-sandbox/installed'), 'utf8');
  const env = { OSCAR_SANDBOX_DATA_DIR: join(scene.home, 'my box') };
  await install('1.0.0', { env, args: ['--no-start'] });
  expect(record()).not.toContain('data ');
  await install('1.0.0', { env });
  expect(record()).toContain(`\ndata ${env.OSCAR_SANDBOX_DATA_DIR}\n`);
});

const titles: [title: string, before: string, first: string][] = [
  ['the same version once more', '#!/bin/sh\necho 1.1.0', 'OSCAR Sandbox 1.1.0 is installed anew: '],
  ['a newer version in the place of this one', '#!/bin/sh\necho 1.2.0', 'OSCAR Sandbox 1.2.0 → 1.1.0: '],
];
it.each(titles)('%s is told', async (_, before, first) => {
  mkdirSync(join(scene.home, '.local/bin'), { recursive: true });
  writeFileSync(join(scene.home, '.local/bin/oscar-sandbox'), before, { mode: 0o755 });
  expect((await install('1.1.0')).stdout).toMatch(first);
});

describe('with --no-start', () => {
  const ways: [string, InstallOptions][] = [
    ['the flag', { args: ['--no-start'] }],
    ['the variable', { env: { OSCAR_SANDBOX_NO_START: '1' } }],
  ];
  it.each(ways)('(%s) nothing is started', async (_, options) => {
    expect(await install('1.0.0', options)).toEqual({
      code: 0,
      stderr: '',
      stdout: `OSCAR Sandbox 1.0.0 is installed: ~/.local/bin/oscar-sandbox\n${path}${up}`,
    });
    expect(scene.calls()).toEqual([]);
  });

  it('a sandbox that runs goes on as it is', async () => {
    await install('1.0.0');
    expect(await install('1.1.0', { args: ['--no-start'] })).toEqual({
      code: 0,
      stderr: '',
      stdout: `OSCAR Sandbox 1.0.0 → 1.1.0: ~/.local/bin/oscar-sandbox\nThe sandbox that runs goes on as it is; this starts it again with what is installed now: oscar-sandbox restart\n${path}`,
    });
    expect(scene.calls()).toEqual(['1.0.0 up --detach --wait']);
  });
});

it('the executor is handed on', async () => {
  await install('1.0.0', { args: ['--executor', 'docker'] });
  expect(scene.calls()).toEqual(['1.0.0 up --detach --wait --executor docker']);
});

it('a sandbox that runs keeps its executor, which is told', async () => {
  await install('1.0.0');
  const { code, stderr } = await install('1.0.0', { args: ['--executor=docker'] });
  expect([code, stderr]).toEqual([
    0,
    'warning: The sandbox that ran keeps its executor, local; for docker, stop it (oscar-sandbox down) and start it with --executor docker.\n',
  ]);
});

const failing: [title: string, env: Record<string, string>, code: number, said: string][] = [
  ['a port that is taken', { OSCAR_SANDBOX_PORT: '8080' }, 6, 'error: Port 8080 is taken.'],
  ['a setting that is wrong', { OSCAR_SANDBOX_JOBS: 'x' }, 2, 'error: OSCAR_SANDBOX_JOBS must be a whole number.'],
];
it.each(failing)('%s keeps the sandbox from starting; the program is there', async (_, env, code, said) => {
  expect(await install('1.0.0', { env })).toEqual({
    code,
    stdout: 'OSCAR Sandbox 1.0.0 is installed: ~/.local/bin/oscar-sandbox\n',
    stderr: `${said}\nerror: OSCAR Sandbox is installed (~/.local/bin/oscar-sandbox), but the sandbox did not start.\nhint: When that is put right, start it with: oscar-sandbox up --detach\n`,
  });
  expect((await install('1.0.0')).code).toBe(0);
});

describe('a sandbox that runs and is not restarted', () => {
  const program = () => join(scene.home, '.local/bin/oscar-sandbox');
  const there = () => spawnSync(program(), ['--version'], { encoding: 'utf8' }).stdout.trim();
  const data = () => scene.listing().filter((line) => line.startsWith('.local/share'));

  it.each<[title: string, inPlace: Record<string, string>]>([
    ['', {}],
    [' (where files have one name)', { ln: 'exit 1' }],
  ])('by a program that refuses its data keeps the one before%s', async (_, inPlace) => {
    await install('1.1.0');
    const [before, kept] = [names(scene.listing()), data()];
    const ended = await install('1.0.0', { env: { NEWER_DATA: '1' }, inPlace });
    expect(ended).toEqual({
      code: 2,
      stdout: 'OSCAR Sandbox 1.1.0 → 1.0.0: ~/.local/bin/oscar-sandbox\n',
      stderr:
        'error: A newer OSCAR Sandbox wrote this.\nerror: OSCAR Sandbox 1.0.0 does not start with what is there: 1.1.0 is back in its place (~/.local/bin/oscar-sandbox), and the data is as it was.\n',
    });
    expect([there(), names(scene.listing()), data()]).toEqual(['1.1.0', before, kept]);
  });

  it('for another reason gets the new program, which may have changed its data', async () => {
    await install('1.0.0');
    const ended = await install('1.1.0', { env: { OSCAR_SANDBOX_PORT: '8080' } });
    expect([ended.code, errors(ended)]).toEqual([
      6,
      expect.stringContaining(
        'OSCAR Sandbox is installed (~/.local/bin/oscar-sandbox), but the sandbox did not start.',
      ),
    ]);
    expect(there()).toBe('1.1.0');
  });
});

describe('the PATH', () => {
  const withPath = (...folders: string[]) => ({
    env: { PATH: [...folders, '/usr/bin', '/bin'].join(':') },
    args: ['--no-start', '--to', join(scene.home, "it's here")],
  });

  it('that has the folder is not spoken of', async () => {
    const { stdout } = await install('1.0.0', withPath(join(scene.home, "it's here")));
    expect(stdout).toBe(`OSCAR Sandbox 1.0.0 is installed: ~/it's here/oscar-sandbox\n${up}`);
  });

  it('that has it not is told as a shell reads it', async () => {
    const { stdout } = await install('1.0.0', withPath());
    expect(stdout).toContain(`  export PATH='~/it'\\''s here':"$PATH"\n`);
  });

  it('that has another program of this name first is told', async () => {
    const other = join(scene.home, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'oscar-sandbox'), '', { mode: 0o755 });
    const { stdout } = await install('1.0.0', withPath(other, join(scene.home, "it's here")));
    expect(stdout).toContain('\nAnother oscar-sandbox comes first on the PATH: ~/other/oscar-sandbox\n');
  });
});

const refused: [title: string, options: InstallOptions, sentence: string][] = [
  ['a flag', { args: ['--now'] }, 'There is no option --now.\nhint: See --help.'],
  [
    'an executor',
    { args: ['--executor', 'cloud'] },
    'There is no executor cloud.\nhint: It is auto, local, docker, kind or kubernetes.',
  ],
  ['a word', { args: ['now'] }, 'There is no option now.\nhint: See --help.'],
  ['no value', { args: ['--to'] }, '--to needs a value.\nhint: See --help.'],
  ['an empty value', { args: ['--to='] }, 'There is no option --to=.\nhint: See --help.'],
  ['a version', { args: ['--version', 'newest'] }, 'A version looks like 1.2.3, not like newest.'],
  ['a path as version', { args: ['--version', '1.2.3/../x'] }, 'A version looks like 1.2.3, not like 1.2.3/../x.'],
  ['a switch', { env: { OSCAR_SANDBOX_NO_START: 'x' } }, 'OSCAR_SANDBOX_NO_START must be true or false, not x.'],
];
it.each(refused)('%s that makes no sense is refused', async (_, options, sentence) => {
  expect(await install('1.0.0', options)).toEqual({ code: 2, stdout: '', stderr: `error: ${sentence}\n` });
  expect(scene.listing()).toEqual([]);
});

const other = (host: string) =>
  `OSCAR_SANDBOX_BASE_URL must begin with https://, as ${host} is another machine.\nhint: Without it nobody could tell whether what arrives is what was sent.`;
const addresses: [address: string | undefined, sentence: string][] = [
  [
    undefined,
    'This script was not told where releases are.\nhint: Set OSCAR_SANDBOX_BASE_URL to the address of a folder that holds the files of one.',
  ],
  ['http://example.org/release', other('example.org')],
  ['http://127.0.0.1.example.org/', other('127.0.0.1.example.org')],
  ['http://127.0.0.1@example.org/', other('127.0.0.1@example.org')],
  ['http://localhost:80@example.org:80/', other('localhost:80@example.org:80')],
  ['http://localhost:80@192.0.2.2', other('localhost:80@192.0.2.2')],
  ['http://127.0.0.1:80@192.0.2.2:80/x', other('127.0.0.1:80@192.0.2.2:80')],
  ['http://[::1]:80@192.0.2.2', other('[::1]:80@192.0.2.2')],
  ['ftp://example.org', 'OSCAR_SANDBOX_BASE_URL must begin with https://, not be ftp://example.org'],
  ['/a/folder', 'OSCAR_SANDBOX_BASE_URL must begin with https://, not be /a/folder'],
  ['https://example.org/a?b=c', 'OSCAR_SANDBOX_BASE_URL is not an address of a folder: https://example.org/a?b=c'],
  ['https://example.org/a b', 'OSCAR_SANDBOX_BASE_URL is not an address of a folder: https://example.org/a b'],
];
it.each(addresses)('the address %s is refused', async (address, sentence) => {
  const ended = await install('1.0.0', { env: { OSCAR_SANDBOX_BASE_URL: address } });
  expect(ended).toEqual({ code: 2, stdout: '', stderr: `error: ${sentence}\n` });
  expect(scene.listing()).toEqual([]);
});

it.each(['http://localhost:9', 'http://127.1.2.3:9/x/', 'http://[::1]:9'])('the address %s is tried', async (base) => {
  const ended = await install('1.0.0', { env: { OSCAR_SANDBOX_BASE_URL: base } });
  expect(errors(ended)).toContain(`error: ${base.replace(/\/$/, '')}/SHA256SUMS could not be downloaded.`);
  expect(ended.code).toBe(7);
});

it('--help tells every option and installs nothing', async () => {
  const { code, stdout } = await install('1.0.0', { args: ['--help'] });
  expect(code).toBe(0);
  for (const word of ['--to', '--version', '--executor', '--no-start', 'OSCAR_SANDBOX_BASE_URL']) {
    expect(stdout).toContain(word);
  }
  expect(scene.listing()).toEqual([]);
});
