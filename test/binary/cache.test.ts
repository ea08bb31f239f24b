import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGround, type Ground, statusOf } from './ground.ts';

let ground: Ground;
beforeEach(() => {
  ground = createGround();
});
afterEach(() => ground.remove());

const inHome = () => ground.at('home/.cache/oscar-sandbox/sqlite');
const temporary = (uid = process.getuid?.()) => ground.at('tmp', `oscar-sandbox-${uid}`, 'sqlite');
const up = (...args: string[]) => ground.up(ground.at('data'), args);
const there = (folder: string) => existsSync(folder) && readdirSync(folder).length;

/** A folder that others may write to. */
function open(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
}

const hint = 'hint: Name a folder where files may be written and run: --cache-dir DIR, or OSCAR_SANDBOX_CACHE_DIR.\n';
const error = (reasons: string) => `error: A part of the program cannot be unpacked and loaded. ${reasons}.\n${hint}`;

describe('a cache that others may write to', () => {
  it('is not used, but a folder for temporary files is', async () => {
    open(inHome());
    statusOf(await up());
    expect([there(inHome()), there(temporary())]).toEqual([0, 1]);
  });

  it('ends it, with what to do, where there is no other', async () => {
    for (const folder of [inHome(), temporary()]) open(folder);
    const reasons = [inHome(), temporary()].map((one) => `${dirname(one)}: others may write to ${one}`);
    expect(await ground.run(['up', '--data-dir', ground.at('data')])).toEqual({
      code: 7,
      stdout: '',
      stderr: error(reasons.join('; ')),
    });
  });
});

// Nothing is closed to root: so somebody else does it.
const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
const proc = existsSync('/proc/self');

describe('with a data folder elsewhere, a sandbox runs in', () => {
  const homes: [home: string, env: Record<string, string>][] = [
    ['no home at all', {}],
    ['the home /dev/null', { HOME: '/dev/null' }],
    ...(proc ? [['the home /proc', { HOME: '/proc' }] satisfies [string, Record<string, string>]] : []),
    ['a home that can only be read', { HOME: 'CLOSED' }],
  ];
  it.each(homes)('%s', async (_what, { HOME }) => {
    mkdirSync(ground.at('closed'), { mode: 0o555 });
    mkdirSync(ground.at('data'));
    if (nobody) for (const name of ['data', 'tmp']) chownSync(ground.at(name), nobody, nobody);
    const env = { TMPDIR: ground.at('tmp'), ...(HOME && { HOME: HOME.replace('CLOSED', ground.at('closed')) }) };
    statusOf(await ground.up(ground.at('data'), [], { env, uid: nobody }));
    expect(there(temporary(nobody))).toBe(1);
  });
});

describe('a cache that is named is the only one, and', () => {
  const places: [place: string, why: RegExp][] = [
    ['/dev/null/cache', /ENOTDIR/],
    ...(proc ? [['/proc/cache', /ENOENT/] satisfies [string, RegExp]] : []),
    ['FILE', /EEXIST|ENOTDIR/],
  ];
  it.each(places)('when it cannot be made at %s, that is told', async (place, why) => {
    writeFileSync(ground.at('file'), '');
    const cache = place.replace('FILE', ground.at('file'));
    for (const flags of [[], ['--detach']]) {
      const ended = await ground.run(['up', ...flags, '--data-dir', ground.at('data'), '--cache-dir', cache]);
      expect(ended.stderr).toContain(`error: A part of the program cannot be unpacked and loaded. ${cache}: `);
      expect(ended.stderr).toMatch(why);
      expect(ended.stderr.endsWith(hint)).toBe(true);
      expect(ended).toMatchObject({ code: 7, stdout: '' });
    }
  });
});

it('a sandbox goes on as it is when its restart is given a cache that cannot be made', async () => {
  const { pid } = statusOf(await up());
  const ended = await ground.run(['restart', '--data-dir', ground.at('data'), '--cache-dir', '/dev/null/cache']);
  expect(ended).toMatchObject({ code: 7, stderr: expect.stringContaining('The sandbox that runs goes on as it is.') });
  expect(statusOf(await ground.run(['status', '--json', '--data-dir', ground.at('data')])).pid).toBe(pid);
});

describe('where nothing may be run', () => {
  const mounted = (folder: string) => {
    mkdirSync(folder, { recursive: true });
    return spawnSync('mount', ['-t', 'tmpfs', '-o', 'noexec,mode=755', 'tmpfs', folder]).status === 0;
  };
  const unmount = (folder: string) => execFileSync('umount', ['--lazy', folder]);

  it('the next folder is used, or it is told', async (context) => {
    const cache = ground.at('home/.cache');
    if (!mounted(cache)) return context.skip('Only root can mount what this is tried with.');
    try {
      statusOf(await up());
      expect(there(temporary())).toBe(1);
      const ended = await ground.run(['up', '--data-dir', ground.at('other'), '--cache-dir', `${cache}/named`]);
      expect(ended.stderr).toMatch(/cannot be unpacked and loaded\. .*named: .*failed to map segment.*\nhint: /);
      expect(ended.code).toBe(7);
    } finally {
      unmount(cache);
      rmSync(cache, { recursive: true });
    }
  });
});
