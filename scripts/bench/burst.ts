import { availableParallelism } from 'node:os';
import type { Status } from '../../src/api/protocol.ts';
import { type Result, result } from './figures.ts';
import { inParallel, must, pause } from './request.ts';
import { definition, folderOf, processFacts, type Sandbox, withSandbox } from './sandbox.ts';
import { bareScript } from './script.ts';

const script = 'echo done\n';
const lanes = availableParallelism();

async function jobs(sandbox: Sandbox): Promise<Status['jobs']> {
  return (JSON.parse((await sandbox.call('GET', '/sandbox/status')).body) as Status).jobs;
}

/** Seconds from the first PUT to the last job. */
async function burst(sandbox: Sandbox, count: number): Promise<number> {
  const urls: string[] = [];
  await inParallel(count, 16, async (i) => {
    urls[i] = await sandbox.presign(`burst/in/${i}`, 'upload');
  });
  const start = performance.now();
  await inParallel(count, 16, async (i) => {
    await must(urls[i] ?? '', { method: 'PUT', body: `object ${i}` });
  });
  for (let now = await jobs(sandbox); now.Succeeded < count; now = await jobs(sandbox)) {
    if (now.Failed > 0) throw new Error(`${now.Failed} jobs of the burst failed.`);
    if (now.Pending + now.Running + now.Succeeded < count) throw new Error(`Jobs were lost: ${JSON.stringify(now)}`);
    await pause(100);
  }
  return (performance.now() - start) / 1000;
}

async function bareLoop(count: number): Promise<number> {
  const bare = bareScript(script);
  const start = performance.now();
  await inParallel(count, lanes, bare.run);
  bare.remove();
  return (performance.now() - start) / 1000;
}

/** Many objects at once: every one becomes a job that succeeds, beside a loop that only starts the script. */
export async function objectBurst(quick: boolean): Promise<Result[]> {
  const count = quick ? 1000 : 10_000;
  const bare = await bareLoop(count);
  // Every job is counted at the end, so none may be forgotten before.
  const { seconds, facts } = await withSandbox({ args: ['--keep-jobs', String(2 * count)] }, async (sandbox) => {
    await sandbox.call('POST', '/system/services', definition('burst', script, { input: folderOf('burst/in') }));
    return { seconds: await burst(sandbox, count), facts: processFacts(sandbox.status.pid) };
  });
  const rate = result({
    name: `burst of ${count} objects, all jobs Succeeded`,
    unit: 'jobs/s',
    ours: [count / seconds],
    peer: { name: `loop of /bin/sh script, ${lanes} at a time`, samples: [count / bare] },
    target: { text: '≥ 0.85 × the bare loop', met: (own, peer) => !!peer && own.p50 >= 0.85 * peer.p50 },
    notes: [`${seconds.toFixed(1)} s from the first PUT to the last job; storing the objects is part of it`],
  });
  const memory = facts && result({ name: 'peak memory of the burst', unit: 'MB RSS', ours: [facts.peak] });
  return memory ? [rate, memory] : [rate];
}
