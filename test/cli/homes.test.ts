import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programWords } from '../words.ts';
import { png, startSmall } from './small.ts';

let folder: string;
let closed: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'homes-'));
  chmodSync(folder, 0o755);
  closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o555 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Nothing is closed to root: so somebody else does it. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Runs the program in this home, for ten seconds at most. */
function inHome(home: string | undefined, args: string[], user: { uid?: number; gid?: number } = {}) {
  const env = {
    PATH: process.env.PATH,
    OSCAR_SANDBOX_EXECUTOR: 'local',
    ...(home === undefined ? {} : { HOME: home }),
  };
  const options = { cwd: folder, env, encoding: 'utf8', timeout: 10_000, killSignal: 'SIGKILL', ...user } as const;
  const [file, ...words] = programWords;
  const { status, stdout, stderr } = spawnSync(file, [...words, ...args], options);
  return { code: status, stdout, stderr };
}

const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];
const data = '.local/share/oscar-sandbox';
const hint = 'hint: Choose a folder that you may write to with --data-dir.\n';
// /proc is Linux's alone; that nothing can be made there is told by ENOENT, for ever.
const proc = existsSync('/proc/self');

describe('a home in which nothing can be kept', () => {
  const homes: [home: string, why: string][] = [
    ...(proc ? [['/proc', 'nothing can be made in /proc'] satisfies [string, string]] : []),
    ['/dev/null', `something on the way to /dev/null/${data} is no folder`],
  ];
  describe.each(homes)('%s', (home, why) => {
    it.each([[['up', ...ports]], [['up', '--detach', ...ports]]])('is told by %j, with the flag', (args) => {
      const stderr = `error: The data folder ${home}/${data} cannot be used: ${why}.\n${hint}`;
      expect(inHome(home, args)).toEqual({ code: 2, stdout: '', stderr });
    });

    it.each(['status', 'credentials', 'restart', 'services'])('is told by %s to hold no sandbox', (command) => {
      expect(inHome(home, [command])).toEqual({
        code: 3,
        stdout: '',
        stderr: `error: No sandbox runs on ${home}/${data}.\nhint: Start one with \`oscar-sandbox up\`, or name its folder with --data-dir.\n`,
      });
    });

    it('is what doctor finds', () => {
      const { code, stdout } = inHome(home, ['doctor']);
      expect(stdout).toContain(`fail  data folder  ${home}/${data} cannot be written: ${why}\n`);
      expect(code).toBe(1);
    });

    it.each(['clean', 'down'])('needs no %s', (command) => {
      expect(inHome(home, [command])).toMatchObject({ code: 0, stderr: '' });
    });

    it('keeps no starter service from being copied elsewhere', () => {
      const to = join(folder, 'copies', home);
      expect(inHome(home, ['init', 'echo', to])).toMatchObject({ code: 0 });
      expect(existsSync(join(to, 'echo.yaml'))).toBe(true);
    });
  });
});

it('a home that is not there is told, and not made', () => {
  const home = join(folder, 'nowhere');
  expect(inHome(home, ['up', ...ports])).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: The home folder ${home} does not exist.\nhint: Set HOME to a folder of yours, or name one with --data-dir.\n`,
  });
  expect(inHome(home, ['clean'])).toMatchObject({ code: 0 });
  expect(existsSync(home)).toBe(false);
});

it('a home that can only be read is told, with the flag', () => {
  const why = `The data folder ${closed}/${data} cannot be used: you may not write to ${closed}.`;
  expect(inHome(closed, ['up', ...ports], nobody)).toEqual({ code: 2, stdout: '', stderr: `error: ${why}\n${hint}` });
});

it('a user without a home or an account is told of the folder that would be used, and can name another', (context) => {
  if (process.getuid?.() !== 0) context.skip('Only root can be somebody without an account.');
  const stranger = { uid: 54_321, gid: 54_321 };
  const why = `The data folder /${data} cannot be used: you may not write to /.`;
  expect(inHome(undefined, ['up', ...ports], stranger)).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: ${why}\n${hint}`,
  });
  const dataDir = mkdtempSync(join(folder, 'stranger-'));
  chmodSync(dataDir, 0o777);
  const named = (...args: string[]) => inHome(undefined, [...args, '--data-dir', join(dataDir, 'data')], stranger);
  const [started, ended] = [named('up', '--detach', ...ports), named('down')];
  expect([started, ended]).toMatchObject([{ code: 0 }, { code: 0 }]);
});

it('a home of somebody else is told where its settings would be read, with what says so', () => {
  const home = join(folder, 'private');
  mkdirSync(join(home, '.config/oscar-sandbox'), { recursive: true });
  chmodSync(home, 0o000);
  const ended = inHome(home, ['up', ...ports], nobody);
  chmodSync(home, 0o700);
  expect(ended.stderr).toMatch(/^error: .*\/private\/\.config\/oscar-sandbox\/config\.yaml cannot be read: /);
  expect(ended.stderr).toContain('HOME, XDG_CONFIG_HOME and --data-dir say where');
  expect(ended.code).toBe(2);
});

describe('what is written where the user says', () => {
  let small: Awaited<ReturnType<typeof startSmall>>;
  beforeAll(async () => {
    small = await startSmall();
  });
  afterAll(() => small.close());

  const places: [place: string, why: string][] = [
    ...(proc
      ? ([
          ['/proc/x', 'nothing can be made in /proc'],
          ['/proc/x/y', 'nothing can be made in /proc'],
        ] satisfies [string, string][])
      : []),
    ['/dev/null/y', '/dev/null is no folder'],
    ['/tmp', 'there is a folder of this name'],
  ];
  it.each(places)('cannot be at %s, which ends with a sentence', async (place, why) => {
    const stderr = `error: ${place} cannot be written: ${why}.\nhint: Choose another place.\n`;
    expect(await small.drive(['run', 'echo', '-i', 'x', '-o', place])).toEqual({ code: 2, stdout: '', stderr });
  });

  it.runIf(proc).each([[['init', 'echo', '/proc/x']], [['get', 'b/in/a.png', '/proc/x/y']]])(
    'nor by %j',
    async (args) => {
      expect(await small.drive(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(' cannot be written: nothing can be made in /proc.\n'),
      });
    },
  );

  it('goes to a device as it comes, which is a device still', async () => {
    expect(await small.drive(['get', 'b/in/a.png', '/dev/null'])).toMatchObject({ code: 0 });
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('goes into the file that a link names', async () => {
    const [file, link] = [join(small.home, 'a.png'), join(small.home, 'link.png')];
    symlinkSync(file, link);
    await small.drive(['get', 'b/in/a.png', link]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file)).toEqual(png);
  });
});
