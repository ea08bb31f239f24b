import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type Result, result } from './figures.ts';
import { program } from './program.ts';
import { pause, send } from './request.ts';
import { command, definition, newDataDir, processFacts, startSandbox, withSandbox } from './sandbox.ts';

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
  const child = spawn(program, args, { stdio: 'ignore' });
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
    }),
  ];
}

/** Milliseconds of processor time, ours and the kernel's, that a command line takes; a mean of ten. */
function processorTime(...words: string[]): number {
  const script = 'i=0; while [ $i -lt 10 ]; do "$@" >/dev/null; i=$((i+1)); done; times';
  const told =
    execFileSync('sh', ['-c', script, 'sh', ...words], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .at(-1) ?? '';
  const spent = [...told.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  return (spent.reduce((sum, seconds) => sum + seconds, 0) / 10) * 1000;
}

/** The shortest thing that the program does, beside the same of the Node.js that is in it. */
export async function versionOnly(quick: boolean): Promise<Result[]> {
  const [ours, peer]: [number[], number[]] = [[], []];
  for (let i = 0; i < (quick ? 3 : 10); i++) {
    ours.push(processorTime(program, '--version'));
    peer.push(processorTime(process.execPath, '-e', '0'));
  }
  return [
    result({
      name: '--version',
      unit: 'ms CPU',
      ours,
      peer: { name: 'node -e 0', samples: peer },
      target: { text: '≤ 70 ms', met: ({ p50 }) => p50 <= 70 },
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
