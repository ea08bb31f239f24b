import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, result } from './figures.ts';
import { pause, send } from './request.ts';
import { command, definition, newDataDir, processFacts, startSandbox, withSandbox } from './sandbox.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const services = 100;

async function untilHealthy(api: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    const reply = await send(`${api}/health`).catch(() => undefined);
    if (reply?.status === 200) return;
    await pause(2);
  }
  throw new Error('The sandbox did not answer within 30 seconds.');
}

/** Seconds from the start of the process to the first answer of its API. */
async function start(dataDir: string, api: string): Promise<number> {
  const begin = performance.now();
  const args = [
    'up',
    '--data-dir',
    dataDir,
    '--port',
    new URL(api).port,
    '--s3-port',
    '0',
    '--exposed-port',
    '0',
    '--executor',
    'local',
  ];
  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' });
  const gone = new Promise((resolve) => child.on('close', resolve));
  await untilHealthy(api);
  const seconds = (performance.now() - begin) / 1000;
  child.kill('SIGTERM');
  await gone;
  return seconds;
}

/** A start with many services in its state. */
export async function startUp(quick: boolean): Promise<Result[]> {
  const dataDir = newDataDir();
  const first = await startSandbox({ dataDir });
  for (let i = 0; i < services; i++) await first.call('POST', '/system/services', definition(`service-${i}`, 'echo\n'));
  await command(['down', '--data-dir', dataDir]);
  const ours: number[] = [];
  for (let i = 0; i < (quick ? 5 : 20); i++) ours.push(await start(dataDir, first.status.api));
  rmSync(dataDir, { recursive: true, force: true });
  return [
    result({
      name: `start with ${services} services → API answers`,
      unit: 's',
      ours,
      target: { text: '≤ 0.4 s p50', met: ({ p50 }) => p50 <= 0.4 },
      notes: ['measured from the sources, not from an installed binary'],
    }),
  ];
}

/** What a sandbox takes while nobody asks for anything. */
export async function idle(quick: boolean): Promise<Result[]> {
  const seconds = quick ? 10 : 60;
  const { before, after } = await withSandbox({}, async (sandbox) => {
    await sandbox.call('POST', '/system/services', definition('idle', 'echo\n'));
    await sandbox.call('POST', '/run/idle');
    await pause(3000);
    const facts = processFacts(sandbox.status.pid);
    await pause(seconds * 1000);
    return { before: facts, after: processFacts(sandbox.status.pid) };
  });
  if (!before || !after) return [];
  const share = ((after.cpu - before.cpu) / seconds) * 100;
  return [
    result({
      name: 'idle memory',
      unit: 'MB RSS',
      ours: [after.rss],
      target: { text: '≤ 80 MB', met: ({ p50 }) => p50 <= 80 },
    }),
    result({
      name: `idle CPU over ${seconds} s`,
      unit: '% of a core',
      ours: [share],
      target: { text: '≤ 0.1 %', met: ({ p50 }) => p50 <= 0.1 },
    }),
  ];
}
