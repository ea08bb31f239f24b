import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScene, errors, type InstallOptions, type Scene, tried } from './scene.ts';
import { type Serving, serve } from './serving.ts';
import { standInProgram, standInRelease } from './standin.ts';

let scene: Scene;
let server: Serving;
beforeAll(async () => {
  const files = standInRelease(standInProgram('1.0.0'));
  server = await serve((name) => files.get(name));
});
afterAll(() => server.close());
beforeEach(() => {
  scene = createScene();
  server.asked.length = 0;
});
afterEach(() => scene.remove());

const uname = (system: string, cpu: string) => `if [ "$1" = -s ]; then echo ${system}; else echo ${cpu}; fi`;
const getconf = (glibc: string, bits = 64) =>
  `if [ "$1" = LONG_BIT ]; then echo ${bits}; elif [ -n '${glibc}' ]; then echo 'glibc ${glibc}'; else exit 1; fi`;
const ldd = (...lines: string[]) => `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} >&2; exit 1`;
const linux = { uname: uname('Linux', 'x86_64') };
const mac = (cpu: string, version: string, translated: string) => ({
  uname: uname('Darwin', cpu),
  sw_vers: `echo ${version}`,
  sysctl: translated,
});

const npm =
  'hint: Where Node.js 22.14 or newer is, the npm package of the release (oscar-sandbox-VERSION.tgz) runs: npm install -g ADDRESS.';
const newer = 'hint: Debian 12, Ubuntu 22.04, Fedora 35, RHEL 9 and what came after them have it.';
const wsl = 'hint: On Windows, run this inside WSL 2.';
const system = (name: string) => `error: OSCAR Sandbox runs on Linux and macOS, not on ${name}.\n${wsl}`;
const cpu = (name: string) => `error: OSCAR Sandbox runs on x86_64 and arm64 processors, not on ${name}.`;
const old = (glibc: string) =>
  `error: OSCAR Sandbox needs glibc 2.34 or newer, and this system has ${glibc}.\n${newer}`;
const musl = `error: This system has musl in place of glibc (as Alpine Linux has), which the program needs.\n${npm}`;

const refused: [machine: string, options: InstallOptions, sentence: string][] = [
  ['FreeBSD', { inPlace: { uname: uname('FreeBSD', 'amd64') } }, system('FreeBSD')],
  ['a shell of Windows', { inPlace: { uname: uname('MINGW64_NT-10.0', 'x86_64') } }, system('MINGW64_NT-10.0')],
  ['a RISC-V', { inPlace: { uname: uname('Linux', 'riscv64') } }, cpu('riscv64')],
  ['a 32-bit PC', { inPlace: { uname: uname('Linux', 'i686') } }, cpu('i686')],
  [
    'a 32-bit system on a 64-bit processor',
    { inPlace: { uname: uname('Linux', 'aarch64'), getconf: getconf('2.36', 32) } },
    'error: OSCAR Sandbox needs a 64-bit system, and this one has 32 bits.',
  ],
  ['glibc 2.31', { inPlace: { ...linux, getconf: getconf('2.31') } }, old('2.31')],
  ['glibc 2.4', { inPlace: { ...linux, getconf: getconf('2.4') } }, old('2.4')],
  [
    'glibc 2.31 that ldd alone tells',
    { inPlace: { ...linux, ldd: ldd('ldd (Debian GLIBC 2.31-13+deb11u8) 2.31', 'Copyright') }, without: ['getconf'] },
    old('2.31'),
  ],
  [
    'glibc 2.31 that ldd tells below a complaint',
    { inPlace: { ...linux, ldd: ldd('ERROR: ld.so: object x ignored.', 'ldd (GNU libc) 2.31') }, without: ['getconf'] },
    old('2.31'),
  ],
  ['musl', { inPlace: { ...linux, getconf: getconf(''), ldd: ldd('musl libc (x86_64)', 'Version 1.2.5') } }, musl],
  [
    'no C library that is known',
    { inPlace: linux, without: ['getconf', 'ldd'] },
    `error: This system has no glibc, which the program needs.\n${npm}`,
  ],
  [
    'macOS 13.4',
    { inPlace: mac('arm64', '13.4.1', 'exit 1') },
    'error: OSCAR Sandbox needs macOS 13.5 or newer, and this is 13.4.1.',
  ],
  [
    'macOS 12',
    { inPlace: mac('x86_64', '12.7', 'echo 0') },
    'error: OSCAR Sandbox needs macOS 13.5 or newer, and this is 12.7.',
  ],
  [
    'a machine with neither curl nor wget',
    { inPlace: linux, without: ['curl', 'wget'] },
    'error: There is neither curl nor wget here to download with.\nhint: Install one of them.',
  ],
  [
    'a machine that has the wget of BusyBox alone',
    { inPlace: { ...linux, wget: 'echo "BusyBox v1.37.0 multi-call binary." >&2' }, without: ['curl'] },
    'error: There is neither curl nor wget here to download with.\nhint: Install one of them.',
  ],
  [
    'a machine without gzip',
    { inPlace: linux, without: ['gzip'] },
    'error: There is no gzip here to unpack the program with.\nhint: Install it.',
  ],
  [
    'a machine that knows no SHA-256',
    { inPlace: linux, without: ['sha256sum', 'shasum', 'openssl'] },
    'error: There is no sha256sum, shasum or openssl here to check the download with.\nhint: Install one of them.',
  ],
];
it.each(refused)('%s is refused before anything is asked for', async (_, options, sentence) => {
  const ended = await scene.install(server.base, options);
  expect(ended).toEqual({ code: 9, stdout: '', stderr: `${sentence}\n` });
  expect(scene.listing()).toEqual([]);
  expect(server.asked).toEqual([]);
});

const fine = { ...linux, getconf: getconf('2.36') };
const taken: [machine: string, target: string, options: InstallOptions][] = [
  ['an x86_64 PC', 'linux-x64', { inPlace: fine }],
  ['an amd64 PC', 'linux-x64', { inPlace: { ...fine, uname: uname('Linux', 'amd64') } }],
  ['an arm64 server', 'linux-arm64', { inPlace: { ...fine, uname: uname('Linux', 'aarch64') } }],
  ['glibc 2.34', 'linux-x64', { inPlace: { ...fine, getconf: getconf('2.34') } }],
  ['glibc 3.0', 'linux-x64', { inPlace: { ...fine, getconf: getconf('3.0') } }],
  [
    'glibc that ldd alone tells',
    'linux-x64',
    { inPlace: { ...linux, ldd: ldd('ldd (GNU libc) 2.39', 'Copyright') }, without: ['getconf'] },
  ],
  ['a Mac of Apple', 'darwin-arm64', { inPlace: mac('arm64', '14.0', 'echo 0') }],
  ['a Mac of Intel', 'darwin-x64', { inPlace: mac('x86_64', '13.5', 'exit 1') }],
  ['a Mac of Apple seen through Rosetta', 'darwin-arm64', { inPlace: mac('x86_64', '26.1', 'echo 1') }],
];
it.each(taken)('%s gets the program for %s', async (_, target, options) => {
  const ended = await scene.install(server.base, { ...options, args: ['--no-start'] });
  expect([errors(ended), ended.code]).toEqual(['', 0]);
  expect(server.asked).toEqual(['SHA256SUMS', `oscar-sandbox-${target}.gz`]);
});

it.each(tried(['busybox']))('the small programs of %s are enough', async (busybox) => {
  const applets = [
    'cat',
    'chmod',
    'cp',
    'grep',
    'gzip',
    'head',
    'ln',
    'mkdir',
    'mv',
    'rm',
    'rmdir',
    'sed',
    'sha256sum',
    'sleep',
    'tr',
  ];
  const inPlace = Object.fromEntries(applets.map((name) => [name, `exec ${busybox} ${name} "$@"`]));
  const ended = await scene.install(server.base, { inPlace: { ...fine, ...inPlace }, also: [busybox], shell: busybox });
  expect([ended.stderr, ended.code]).toEqual(['', 0]);
  expect(ended.stdout).toContain('\n  password      pass"wo\\rd\n');
});

describe('what a machine has is used', () => {
  it.each([
    ['wget', ['curl']],
    ['shasum', ['sha256sum']],
    ['openssl', ['sha256sum', 'shasum']],
  ])('%s', async (_, without) => {
    const ended = await scene.install(server.base, { inPlace: fine, without, args: ['--no-start'] });
    expect([ended.stderr, ended.code]).toEqual(['', 0]);
  });
});

it.runIf(process.platform === 'linux')('a library that every program complains about does no harm', async () => {
  const env = { LD_PRELOAD: '/nowhere/library.so' };
  const quiet = await scene.install(server.base, { inPlace: fine, args: ['--no-start'] });
  const ended = await scene.install(server.base, { inPlace: fine, args: ['--no-start', '--to', 'other'], env });
  expect(ended.stderr).toContain('/nowhere/library.so');
  expect([errors(ended), ended.code]).toEqual(['', 0]);
  expect(ended.stdout.replaceAll('/other', '/.local/bin')).toBe(quiet.stdout);
});
