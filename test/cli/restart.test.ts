import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { isAlive } from '../../src/daemon/background.ts';
import { programWords } from '../words.ts';
import { createHome } from './drive.ts';

let home: ReturnType<typeof createHome>;
beforeEach(() => {
  home = createHome();
  mkdirSync(join(home.home, 'services'));
  writeFileSync(join(home.home, 'services/slow.sh'), 'echo before; sleep 30\n');
  writeFileSync(
    join(home.home, 'services/slow.yaml'),
    'functions:\n  oscar:\n    - any:\n        name: slow\n        image: alpine\n        log_level: CRITICAL\n        script: slow.sh\n',
  );
});
afterEach(async () => {
  await home.drive(['down']);
  home.remove();
});

const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];
const flags = [...ports, '--run-timeout', '1', '--allow-host', 'sandbox.test', '--host', 'localhost'];
const statusIn = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Status;
const up = async () => statusIn(await home.drive(['up', 'services', '--detach', '--wait', '--json', ...flags]));
/** All that clients know a sandbox by. */
const known = ({ pid, version, jobs, ...rest }: Status) => rest;

it('a sandbox that is started again answers where it did, with the options and the folder that it had', async () => {
  const before = await up();
  const ended = await home.drive(['restart', '--json'], { env: { OSCAR_SANDBOX_RUN_TIMEOUT: '99' } });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  const after = statusIn(ended);
  expect(known(after)).toEqual(known(before));
  expect(after.pid).not.toBe(before.pid);
  expect(after.services).toBe(1);
  const call = await home.drive(['run', 'slow', '-i', 'x']);
  expect(call).toMatchObject({ code: 8, stderr: expect.stringContaining('Timed out after 1 s') });
  // A second time: what was taken over is remembered as well.
  expect(known(statusIn(await home.drive(['restart', '--json'])))).toEqual(known(before));
});

it('a sandbox in a terminal ends there and goes on in the background', async () => {
  const [file, ...words] = programWords;
  const child = spawn(file, [...words, 'up', 'services', '--json', '--wait', ...ports], {
    cwd: home.home,
    env: {
      PATH: process.env.PATH,
      HOME: home.home,
      OSCAR_SANDBOX_DATA_DIR: home.dataDir,
      OSCAR_SANDBOX_EXECUTOR: 'local',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = once(child, 'close');
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  const before = JSON.parse(first.toString().split('\n')[0] ?? '') as Status;
  const after = statusIn(await home.drive(['restart', '--json']));
  expect(await closed).toEqual([0, null]);
  expect(known(after)).toEqual(known(before));
});

it('of a sandbox that keeps no options, as older ones, its status tells the folder, the host and the ports', async () => {
  const before = await up();
  rmSync(join(home.dataDir, 'options.json'));
  const ended = await home.drive(['restart', '--json']);
  expect(ended.stderr).toMatch(/^warning: What it was started with is not known in full/);
  expect(known(statusIn(ended))).toEqual(known(before));
});

describe('a sandbox that did not end as it was told to', () => {
  /** As `kill -9` and the loss of power do. */
  const killed = async ({ pid }: Status) => {
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  };

  it('is started as it was, when it was killed', async () => {
    const before = await up();
    await killed(before);
    const ended = await home.drive(['restart', '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(known(statusIn(ended))).toEqual(known(before));
    await home.drive(['down']);
    expect((await home.drive(['restart'])).code).toBe(3);
  });

  it('stays down when it was killed and then told to be down', async () => {
    await killed(await up());
    expect((await home.drive(['down'])).code).toBe(0);
    expect((await home.drive(['restart'])).code).toBe(3);
  });

  it('is started as it was, when a restart failed between its end and its start', async () => {
    const before = await up();
    breakObjects();
    expect((await home.drive(['restart'])).code).not.toBe(0);
    expect((await home.drive(['status'])).code).toBe(3);
    mendObjects();
    const ended = await home.drive(['restart', '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(known(statusIn(ended))).toEqual(known(before));
  });
});

describe('restart', () => {
  it('with nothing running is exit code 3', async () => {
    expect(await home.drive(['restart'])).toMatchObject({ code: 3, stderr: expect.stringContaining('hint: ') });
  });

  const obstacles: [what: string, code: number, sentence: string, put: () => unknown][] = [
    [
      'the folder is gone',
      2,
      'There is no folder',
      () => renameSync(join(home.home, 'services'), join(home.home, 'moved')),
    ],
    ['a newer version wrote the data', 2, 'written by a newer OSCAR Sandbox (schema 999)', () => writeSchema(999)],
    [
      'its credentials cannot be read',
      2,
      'not readable as credentials',
      () => writeFileSync(join(home.dataDir, 'credentials'), 'nonsense'),
    ],
    [
      'jobs of it are in containers that cannot be reached',
      7,
      'A job of this data folder runs in containers',
      () => {
        mkdirSync(join(home.dataDir, 'work/running'));
        writeFileSync(join(home.dataDir, 'work/running/x.json'), '{}');
      },
    ],
  ];
  it.each(obstacles)('stops nothing when %s', async (_what, code, sentence, put) => {
    const before = await up();
    put();
    const ended = await home.drive(['restart']);
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).toContain('The sandbox that runs goes on as it is.');
    expect(ended.code).toBe(code);
    expect(statusIn(await home.drive(['status', '--json'])).pid).toBe(before.pid);
  });

  it('stops nothing when the engine that it needs is away', async () => {
    const before = await up();
    const file = join(home.dataDir, 'options.json');
    const kept = { ...JSON.parse(readFileSync(file, 'utf8')), executor: 'docker', noFallback: true };
    kept.engineEnvironment.DOCKER_HOST = 'unix:///nowhere/docker.sock';
    writeFileSync(file, JSON.stringify(kept));
    expect(await home.drive(['restart'])).toMatchObject({ code: 7, stderr: expect.stringContaining('goes on') });
    expect(statusIn(await home.drive(['status', '--json'])).pid).toBe(before.pid);
  });

  it('says what to type when the sandbox does not start again', async () => {
    const { api } = await up();
    breakObjects();
    const ended = await home.drive(['restart']);
    expect(ended.stderr).toContain(`error: The sandbox at ${api} has stopped and does not start again: `);
    const line = /or start it with: oscar-sandbox (.*)$/m.exec(ended.stderr)?.[1] ?? '';
    expect(line).toMatch(/ --host localhost --port \d+ .* --allow-host sandbox\.test --run-timeout 1 .*\/services$/);
    mendObjects();
    expect(await home.drive(line.split(' '))).toMatchObject({ code: 0, stdout: expect.stringContaining(api) });
  });
});

/** In the header of the file, where it says which version wrote it. */
function writeSchema(version: number): void {
  const file = openSync(join(home.dataDir, 'state.db'), 'r+');
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(version);
  writeSync(file, bytes, 0, bytes.length, 60);
  closeSync(file);
}

/** Nobody looks there before the start. */
function breakObjects(): void {
  renameSync(join(home.dataDir, 'objects'), join(home.dataDir, 'objects-away'));
  writeFileSync(join(home.dataDir, 'objects'), '');
}

function mendObjects(): void {
  rmSync(join(home.dataDir, 'objects'));
  renameSync(join(home.dataDir, 'objects-away'), join(home.dataDir, 'objects'));
}
