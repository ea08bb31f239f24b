import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScene, errors, type InstallOptions, names, type Scene } from './scene.ts';
import { type Serving, serve } from './serving.ts';
import { standInProgram, standInRelease } from './standin.ts';

let scene: Scene;
let server: Serving;
beforeAll(async () => {
  // Packed it is small, unpacked it is not.
  const files = standInRelease(standInProgram('1.0.0', '#'.repeat(300_000)));
  server = await serve((name) => files.get(name));
});
afterAll(() => server.close());
beforeEach(() => {
  scene = createScene();
  server.asked.length = 0;
});
afterEach(() => scene.remove());

const install = (options: InstallOptions = {}) =>
  scene.install(server.base, { ...options, args: ['--no-start', ...(options.args ?? [])] });
const at = (...path: string[]) => join(scene.home, ...path);
const receipt = (path = '.local/state/oscar-sandbox/installed') =>
  readFileSync(at(path), 'utf8').replaceAll(scene.home, '~');

it('an empty home gets the program, and a record of what was made', async () => {
  const { code, stderr } = await install();
  expect([code, stderr]).toEqual([0, '']);
  expect(names(scene.listing())).toEqual([
    '.cache',
    '.local',
    '.local/bin',
    '.local/bin/oscar-sandbox',
    '.local/share',
    '.local/state',
    '.local/state/oscar-sandbox',
    '.local/state/oscar-sandbox/installed',
  ]);
  expect(receipt().split('\n')).toEqual([
    'program ~/.local/bin/oscar-sandbox',
    'folder ~/.local',
    'folder ~/.local/bin',
    'folder ~/.local/state',
    'folder ~/.local/state/oscar-sandbox',
    'folder ~/.local/share',
    'folder ~/.cache',
    '',
  ]);
});

it('a further installation adds to the record and repeats nothing', async () => {
  await install();
  const first = receipt();
  await install();
  expect(receipt()).toBe(first);
  await install({ args: ['--to', 'opt/bin'] });
  expect(receipt()).toBe(`${first}program ~/opt/bin/oscar-sandbox\nfolder ~/opt\nfolder ~/opt/bin\n`);
});

it('a program on the record that runs no more is replaced', async () => {
  await install();
  writeFileSync(at('.local/bin/oscar-sandbox'), 'damaged');
  expect((await install()).stdout).toContain('OSCAR Sandbox 1.0.0 is installed: ');
});

it('folders that were there are not on the record', async () => {
  mkdirSync(at('.local/bin'), { recursive: true });
  mkdirSync(at('.cache'));
  await install();
  expect(receipt()).not.toMatch(/bin\n|cache|local\n/);
});

const places: [title: string, options: InstallOptions, program: string][] = [
  ['XDG_BIN_HOME', { env: { XDG_BIN_HOME: 'HOME/programs' } }, 'programs'],
  ['OSCAR_SANDBOX_TO, which goes before it', { env: { XDG_BIN_HOME: 'HOME/no', OSCAR_SANDBOX_TO: 'HOME/yes' } }, 'yes'],
  ['--to, which goes before both', { args: ['--to', 'HOME/yes'], env: { OSCAR_SANDBOX_TO: 'HOME/no' } }, 'yes'],
  ['--to with an equals sign', { args: ['--to=HOME/yes'] }, 'yes'],
  ['--to from where one stands', { args: ['--to', 'a/b'] }, 'a/b'],
  ['--to with ~, where no shell saw it', { args: ['--to=~/a'] }, 'a'],
  ['--to with dots and slashes', { args: ['--to', 'HOME//a/../b//'] }, 'b'],
  ['--to with blanks and quotes', { args: ['--to', `HOME/it's "my" $bin\\ `] }, `it's "my" $bin\\ `],
];
it.each(places)('%s is where the program goes', async (_, { args = [], env = {} }, folder) => {
  const own = (text: string) => text.replace('HOME', scene.home);
  const surroundings = Object.entries(env).map(([name, value = '']) => [name, own(value)]);
  const ended = await install({ args: args.map(own), env: Object.fromEntries(surroundings) });
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  expect(spawnSync(at(folder, 'oscar-sandbox'), ['--version'], { encoding: 'utf8' }).stdout).toBe('1.0.0\n');
  expect(readdirSync(at(folder))).toEqual(['oscar-sandbox']);
});

it('the other folders are where the environment has them', async () => {
  const env = {
    XDG_STATE_HOME: at('s'),
    XDG_CACHE_HOME: at('c/d'),
    XDG_DATA_HOME: at('no'),
    OSCAR_SANDBOX_DATA_DIR: at('my data/sandbox'),
  };
  expect(await install({ env })).toMatchObject({ code: 0, stderr: '' });
  expect(receipt('s/oscar-sandbox/installed').split('\n').slice(3)).toEqual([
    'folder ~/s',
    'folder ~/s/oscar-sandbox',
    'folder ~/my data',
    'folder ~/c',
    'folder ~/c/d',
    '',
  ]);
});

it('a link in the place of the program is replaced, not what it leads to', async () => {
  mkdirSync(at('bin'));
  writeFileSync(at('other'), standInProgram('0.9.0'), { mode: 0o755 });
  symlinkSync(at('other'), at('bin/oscar-sandbox'));
  expect(await install({ args: ['--to', 'bin'] })).toMatchObject({ code: 0 });
  expect(readFileSync(at('other'), 'utf8')).toBe(standInProgram('0.9.0'));
  expect(lstatSync(at('bin/oscar-sandbox')).isFile()).toBe(true);
});

const choose = 'hint: Choose another folder with --to DIR.';
const hostile: [title: string, code: number, sentence: string, options: InstallOptions, before?: () => void][] = [
  [
    'a file where a folder should be',
    5,
    `error: ~/.local is in the way: it should be a folder.\n${choose}`,
    {},
    () => writeFileSync(at('.local'), 'mine'),
  ],
  [
    'a folder where the program should be',
    5,
    `error: The folder ~/b/oscar-sandbox is where the program should go.\n${choose}`,
    { args: ['--to', 'b'] },
    () => mkdirSync(at('b/oscar-sandbox'), { recursive: true }),
  ],
  [
    'a file where the record should be',
    5,
    'error: ~/.local/state is in the way: it should be a folder.',
    {},
    () => {
      mkdirSync(at('.local'));
      writeFileSync(at('.local/state'), 'mine');
    },
  ],
  [
    'a folder where the record should be',
    5,
    'error: The folder ~/.local/state/oscar-sandbox/installed is where the record of this installation should go.',
    {},
    () => mkdirSync(at('.local/state/oscar-sandbox/installed'), { recursive: true }),
  ],
  [
    "a file that is no one's folder",
    5,
    `error: /dev/null is in the way: it should be a folder.\n${choose}`,
    { args: ['--to', '/dev/null/bin'] },
  ],
  ['a line break', 2, 'error: The folder to install to has a line break in it.', { args: ['--to', 'a\nb'] }],
  ...[undefined, 'home', './home', '/nowhere', '/dev/null'].map((home): (typeof hostile)[number] => [
    `a HOME that is ${home}`,
    2,
    `error: HOME must be the path of a folder, not ${home ?? 'empty'}.\nhint: Set HOME to your folder.`,
    { env: { HOME: home } },
    () => mkdirSync(at('home')),
  ]),
  ...['#!/bin/sh\necho hello', '#!/bin/sh\nexit 1'].map((text): (typeof hostile)[number] => [
    `another program of this name (${text.slice(10)})`,
    5,
    `error: ~/.local/bin/oscar-sandbox is there already, and is another program.\n${choose}`,
    {},
    () => {
      mkdirSync(at('.local/bin'), { recursive: true });
      writeFileSync(at('.local/bin/oscar-sandbox'), text, { mode: 0o755 });
    },
  ]),
];
if (process.platform === 'linux') {
  hostile.push([
    'a HOME where nothing can be made',
    5,
    `error: The folder /proc/.local cannot be made: No such file or directory.\n${choose}`,
    { env: { HOME: '/proc' } },
  ]);
}
it.each(hostile)('%s ends it before anything is asked for', async (_, code, sentence, options, before) => {
  before?.();
  const listing = scene.listing();
  const ended = await install(options);
  expect([ended.stderr.replaceAll(scene.home, '~'), ended.code, ended.stdout]).toEqual([`${sentence}\n`, code, '']);
  expect(scene.listing()).toEqual(listing);
  expect(server.asked).toEqual([]);
});

it('a last step that fails takes back all steps before it', async () => {
  mkdirSync(at('.local/state/oscar-sandbox'), { recursive: true });
  writeFileSync(at('.local/state/oscar-sandbox/installed'), 'program /somewhere/oscar-sandbox\n');
  const before = names(scene.listing());
  const ended = await install({ inPlace: { mv: 'exit 1' } });
  expect([ended.code, errors(ended)]).toEqual([
    5,
    `error: ${at('.local/bin/oscar-sandbox')} cannot be written.\n${choose}`,
  ]);
  expect(names(scene.listing())).toEqual(before);
  expect(receipt()).toBe('program /somewhere/oscar-sandbox\n');
});

describe('a folder of somebody else', () => {
  const nobody = process.getuid?.() === 0 ? 65534 : undefined;

  it.each([
    ['is not written to', 'cannot be written to: Permission denied.', ''],
    ['gets no folders', 'cannot be made: Permission denied.', '/more/folders'],
  ])('%s', async (_, words, below) => {
    const folder = at('theirs');
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    if (nobody) chownSync(scene.home, nobody, nobody);
    const before = scene.listing();
    const ended = await install({ args: ['--to', `${folder}${below}`], uid: nobody });
    expect([ended.code, errors(ended)]).toEqual([
      5,
      `error: ${below ? `The folder ${folder}/more` : folder} ${words}\n${choose}`,
    ]);
    expect(scene.listing()).toEqual(before);
  });
});

it('a record that may not be written to ends it, and keeps what it says', async () => {
  const uid = process.getuid?.() === 0 ? 65534 : undefined;
  const folders = ['.local', '.local/state', '.local/state/oscar-sandbox'].map((folder) => at(folder));
  for (const folder of folders) mkdirSync(folder);
  const file = at('.local/state/oscar-sandbox/installed');
  writeFileSync(file, 'program /somewhere/oscar-sandbox\n', { mode: 0o444 });
  if (uid) for (const path of [scene.home, ...folders]) chownSync(path, uid, uid);
  const before = scene.listing();
  const ended = await install({ uid });
  expect([ended.stderr, ended.code]).toEqual([`error: ${file} cannot be written to.\n`, 5]);
  expect(scene.listing()).toEqual(before);
});

/** A file system of its own, where that is permitted. */
function mounted(options: string): string | undefined {
  const folder = mkdtempSync(join(scene.root, 'mounted-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (mount.status === 0) return folder;
  console.warn(`Skipped: a file system cannot be mounted here: ${mount.stderr ?? mount.error}`);
  return undefined;
}

const systems: [title: string, options: string, sentence: string, asked: number][] = [
  ['where programs may not run', 'noexec', 'Programs cannot run from FOLDER: it is mounted noexec.', 0],
  ['that may only be read', 'ro', 'FOLDER cannot be written to: Read-only file system.', 0],
  ['without enough room', 'size=100k', 'There is not enough room in FOLDER.', 2],
];
it.for(systems)('a file system %s ends it', async ([, options, sentence, asked], { skip }) => {
  const folder = mounted(options) ?? skip('a file system cannot be mounted here');
  const ended = await install({ args: ['--to', folder] });
  const left = readdirSync(folder);
  execFileSync('umount', [folder]);
  expect([ended.code, errors(ended)]).toEqual([5, `error: ${sentence.replace('FOLDER', folder)}\n${choose}`]);
  expect([left, scene.listing(), server.asked.length]).toEqual([[], [], asked]);
});
