import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
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

const anyPorts = ['--port', '0', '--s3-port', '0'];

it('a sandbox in the background outlives the one that started it, time after time', { timeout: 120_000 }, async () => {
  for (let time = 0; time < 10; time++) {
    const { code, stdout, stderr } = await home.drive(['up', '--detach', '--json', ...anyPorts]);
    expect([code, stderr]).toEqual([0, '']);
    const { pid } = JSON.parse(stdout) as Status;
    expect(await home.drive(['status', '--json'])).toMatchObject({ code: 0, stdout });
    expect(JSON.parse((await home.drive(['down', '--json'])).stdout)).toEqual({ stopped: true, pid });
  }
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

const lacking: [executor: string, why: string][] = [
  ['docker', 'This version does not have the executor docker: services run on this machine'],
  ['kind', 'This version has neither the executor kind nor docker: services run on this machine'],
  ['kubernetes', 'This version does not have the executor kubernetes: services run on this machine'],
];
it.each(lacking)('where there is no executor %s, local takes its place and says why', async (executor, why) => {
  const started = await home.drive(['up', '-d', '--json', ...anyPorts, '--executor', executor]);
  expect(started).toMatchObject({ code: 0, stderr: `warning: ${why}.\n` });
  const status = await home.drive(['status', '--json']);
  for (const { stdout } of [started, status]) {
    const { executorDetail } = JSON.parse(stdout) as Status;
    expect(JSON.parse(stdout)).toMatchObject({ executor: 'local' });
    expect(executorDetail.startsWith(`${why}; `)).toBe(true);
  }
});

it('flags for what this version has not are taken all the same', async () => {
  const flags = ['--exposed-port', '0', '--parts', '/nowhere', '--no-fallback'];
  expect(await home.drive(['up', '--detach', ...anyPorts, ...flags])).toMatchObject({ code: 0, stderr: '' });
});
