import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { createHome } from './drive.ts';

let home: ReturnType<typeof createHome>;
beforeEach(() => {
  home = createHome();
});
afterEach(async () => {
  await home.drive(['down']);
  home.remove();
});

const anyPorts = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];

it('a sandbox in the background outlives the one that started it, time after time', { timeout: 120_000 }, async () => {
  for (let time = 0; time < 10; time++) {
    const { code, stdout, stderr } = await home.drive(['up', '--detach', '--json', ...anyPorts]);
    expect([code, stderr]).toEqual([0, '']);
    const { pid } = JSON.parse(stdout) as Status;
    expect(await home.drive(['status', '--json'])).toMatchObject({ code: 0, stdout });
    expect(JSON.parse((await home.drive(['down', '--json'])).stdout)).toEqual({ stopped: true, pid });
  }
});

it('of several that are started at once, as login shells may do, all answer with the one that serves', async () => {
  const ended = await Promise.all([1, 2, 3].map(() => home.drive(['up', '--detach', '--json', ...anyPorts])));
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(new Set(ended.map(({ stdout }) => (JSON.parse(stdout) as Status).pid)).size).toBe(1);
});

it('of two that are started at once on different folders, the slower one says which is served', async () => {
  const folders = ['a', 'b'].map((name) => join(home.home, name));
  for (const folder of folders) mkdirSync(folder);
  const ended = await Promise.all(folders.map((folder) => home.drive(['up', folder, '--detach', ...anyPorts])));
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 6]);
  expect(ended.find(({ code }) => code === 6)?.stderr).toMatch(/^error: A sandbox already runs on .*, serving .*\.\n/);
});

it('one without a folder, as an installation starts it, is started again to serve the first one that is named', async () => {
  await home.drive(['up', '--detach', '--concurrency', '7', ...anyPorts]);
  await home.drive(['init', 'echo', 'mine']);
  const before = JSON.parse((await home.drive(['status', '--json'])).stdout) as Status;
  const ended = await home.drive(['up', 'mine', '--detach', '--wait', '--run-timeout', '9']);
  expect(ended).toMatchObject({
    code: 0,
    stderr: `A sandbox ran without a folder: it is started again, to serve ${join(home.home, 'mine')}.\n`,
  });
  expect((await home.drive(['run', 'echo', '-i', 'to be'])).stdout).toBe('You said: to be\n');
  const { api, pid } = JSON.parse((await home.drive(['status', '--json'])).stdout) as Status;
  expect([api, pid === before.pid]).toEqual([before.api, false]);
  // It is as it was, but for what is asked for now.
  const options = JSON.parse(readFileSync(join(home.dataDir, 'options.json'), 'utf8')) as Record<string, unknown>;
  expect(options).toMatchObject({ concurrency: 7, runTimeout: 9, executor: 'local' });
});

it('telling the one that started us is no error when that has gone unnoticed', async () => {
  const gone = join(home.home, 'gone');
  const script = join(home.home, 'told.mjs');
  const background = join(import.meta.dirname, '../../src/daemon/background.ts');
  // Nothing is noticed while the script blocks: it believes to be connected still.
  writeFileSync(
    script,
    `import { existsSync } from 'node:fs';
    import { tellStarter } from ${JSON.stringify(background)};
    process.send('here');
    const late = Date.now() + 20_000;
    while (!existsSync(${JSON.stringify(gone)})) if (Date.now() > late) process.exit(8);
    if (!process.connected) process.exit(9);
    await tellStarter({ kind: 'served' });
    await tellStarter({ kind: 'served' });
    setImmediate(() => process.exit(42));`,
  );
  const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  child.disconnect();
  writeFileSync(gone, '');
  expect(await once(child, 'exit')).toEqual([42, null]);
});

const nowhere = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
const lacking: [executor: string, why: RegExp][] = [
  ['docker', /^The container engine at unix:\/\/\/nowhere\/docker.sock .*: services run on this machine$/],
  [
    'kind',
    /^A cluster needs a container engine: The container engine .*: services run on this machine\. Start it, or name another one in DOCKER_HOST$/,
  ],
];
it.each(lacking)('where there is no executor %s, local takes its place and says why', async (executor, why) => {
  const started = await home.drive(['up', '-d', '--json', ...anyPorts, '--executor', executor], { env: nowhere });
  expect(started.code).toBe(0);
  expect(started.stderr.replace(/^warning: |\.\n$/g, '')).toMatch(why);
  const status = await home.drive(['status', '--json']);
  for (const { stdout } of [started, status]) {
    const { executorDetail } = JSON.parse(stdout) as Status;
    expect(JSON.parse(stdout)).toMatchObject({ executor: 'local' });
    expect(executorDetail.split('; ')[0]).toMatch(why);
  }
});

it('where an executor is to be had and no other will do, that it is not to be had ends it', async () => {
  const flags = ['--executor', 'docker', '--no-fallback'];
  expect(await home.drive(['up', '-d', ...anyPorts, ...flags], { env: nowhere })).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/^error: The container engine at unix:\/\/\/nowhere\/docker.sock .*\nhint: /),
  });
});

it('a cluster that cannot be had ends it where no other will do', async () => {
  const flags = ['--executor', 'kind', '--no-fallback'];
  expect(await home.drive(['up', '-d', ...anyPorts, ...flags], { env: nowhere })).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(
      /^error: A cluster needs a container engine: The container engine at .*\nhint: Start it/,
    ),
  });
});

const refused: [flags: string[], sentence: string][] = [
  [
    ['--executor', 'kind', '--objects', 'embedded'],
    '--executor kind keeps objects in the MinIO of its cluster, not in the embedded store.',
  ],
  [
    ['--executor', 'kubernetes'],
    '--executor kubernetes needs a store that its pods can reach: they cannot reach one on this machine.',
  ],
  [['--executor', 'kind', '--with', 'nothing'], '--with knows no nothing.'],
];
it.each(refused)('%j is refused, and nothing takes its place', async (flags, sentence) => {
  expect(await home.drive(['up', '-d', ...anyPorts, ...flags], { env: nowhere })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`error: ${sentence}\nhint: `),
  });
});

it('auto takes local without a warning where no engine answers', async () => {
  const started = await home.drive(['up', '-d', '--json', ...anyPorts, '--executor', 'auto'], { env: nowhere });
  expect(started).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(started.stdout)).toMatchObject({ executor: 'local' });
});

it('flags for executors that are not asked for are taken all the same', async () => {
  const flags = ['--parts', '/nowhere', '--no-fallback'];
  expect(await home.drive(['up', '--detach', ...anyPorts, ...flags])).toMatchObject({ code: 0, stderr: '' });
});
