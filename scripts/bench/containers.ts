import { availableParallelism } from 'node:os';
import { dataId } from '../../src/daemon/files.ts';
import { bareLoop, containerByHand, docker, image } from './engine.ts';
import { type Figures, type Result, result } from './figures.ts';
import { inParallel, pause } from './request.ts';
import { definition, endedJobs, type Sandbox, withSandbox } from './sandbox.ts';
import { inTurn, timed } from './timing.ts';

const script = 'echo ok\n';
const more = { image, memory: '64Mi' };
const runByDocker = ['run', '--rm', '--memory', '64m', '--cpus', '1', image, '/bin/sh', '-c', script];
const inContainers = { executor: 'docker' } as const;

interface Target {
  text: string;
  met(own: Figures, peer?: Figures): boolean;
}

/** A warm call in a container, beside a fork in the same place and beside `docker exec`. */
export async function warmContainer(quick: boolean): Promise<Result[]> {
  const bare = await bareLoop(script);
  // By twos: what `docker exec` leaves to be done would be measured with the fork.
  const { forks, execs } = await withSandbox(inContainers, async (sandbox) => {
    await sandbox.call('POST', '/system/services', definition('warm', script, more));
    const call = () => sandbox.call('POST', '/run/warm');
    const exec = () => docker('exec', bare.id, '/bin/sh', '/script.sh');
    const forks = await inTurn([call, bare.run], quick ? 200 : 1000, 20);
    return { forks, execs: await inTurn([call, exec], quick ? 30 : 200, 5) };
  }).finally(bare.remove);
  const name = 'warm synchronous call in a container, a script per call';
  const near = (own: Figures, peer?: Figures) => !!peer && own.p50 - peer.p50 <= 1.5;
  const far = (own: Figures, peer?: Figures) => !!peer && 20 * own.p50 <= peer.p50;
  const told = ([ours = [], samples = []]: number[][], peer: string, target: Target): Result =>
    result({ name, unit: 'ms', ours, peer: { name: peer, samples }, target });
  return [
    told(forks, 'the script forked by a loop in a container, over the attached streams', {
      text: '≤ 1.5 ms over the bare fork, p50',
      met: near,
    }),
    told(execs, 'docker exec', { text: '≥ 20 × faster than docker exec, p50', met: far }),
  ];
}

const workers = ({ dataDir }: Sandbox): Promise<string> => {
  const labels = [`oscar-sandbox.data=${dataId(dataDir)}`, 'oscar-sandbox.role=worker'];
  return docker('ps', '--quiet', ...labels.flatMap((label) => ['--filter', `label=${label}`]));
};

/** Calls each of these services for the first time since it has no worker, a `docker run` after each. */
async function coldCalls(sandbox: Sandbox, services: string[]): Promise<number[][]> {
  const samples: [number[], number[]] = [[], []];
  for (const name of services) {
    samples[0].push(await timed(() => sandbox.call('POST', `/run/${name}`)));
    samples[1].push(await timed(() => docker(...runByDocker)));
    // What is made ready anew after a call is no part of the next one.
    await pause(500);
  }
  return samples;
}

async function untilIdle(sandbox: Sandbox): Promise<void> {
  const end = performance.now() + 180_000;
  while ((await workers(sandbox)) !== '') {
    if (performance.now() > end) throw new Error('The workers of idle services do not end.');
    await pause(1000);
  }
  await pause(2000);
}

/** The first call of a service, and the first one after its workers have ended, beside `docker run --rm`. */
export async function coldContainer(quick: boolean): Promise<Result[]> {
  const services = Array.from({ length: quick ? 5 : 30 }, (_, index) => `cold-${index}`);
  const { first, again } = await withSandbox(inContainers, async (sandbox) => {
    for (const name of services) await sandbox.call('POST', '/system/services', definition(name, script, more));
    await pause(3000);
    await docker(...runByDocker);
    const first = await coldCalls(sandbox, services);
    await untilIdle(sandbox);
    return { first, again: await coldCalls(sandbox, services) };
  });
  const target = {
    text: '≤ 0.4 × docker run --rm, p50',
    met: (own: Figures, peer?: Figures) => !!peer && own.p50 <= 0.4 * peer.p50,
  };
  const told = (name: string, [ours = [], theirs = []]: number[][]): Result =>
    result({ name, unit: 'ms', ours, peer: { name: 'docker run --rm', samples: theirs }, target });
  return [
    told('cold call in a container, the first of its service', first),
    told('cold call in a container, after scale to zero', again),
  ];
}

/** Jobs a second, a container each, beside containers made by hand and by `docker run`, as many at once. */
export async function containerJobs(quick: boolean): Promise<Result[]> {
  const lanes = availableParallelism() * 2;
  const [batch, rounds] = quick ? [12, 3] : [40, 10];
  const byHand = () => inParallel(batch, lanes, () => containerByHand(script));
  const byDocker = () => inParallel(batch, lanes, async () => void (await docker(...runByDocker)));
  const flags = { ...inContainers, args: ['--concurrency', String(lanes), '--keep-jobs', '10000'] };
  const [ours = [], hands = [], runs = []] = await withSandbox(flags, async (sandbox) => {
    await sandbox.call('POST', '/system/services', definition('jobs', script, more));
    let asked = 0;
    const jobs = async () => {
      asked += batch;
      await inParallel(batch, lanes, async () => void (await sandbox.call('POST', '/job/jobs')));
      await endedJobs(sandbox, asked);
    };
    return inTurn([jobs, byHand, byDocker], rounds, 1);
  });
  const rates = (samples: number[]): number[] => samples.map((ms) => (batch * 1000) / ms);
  const told = (peer: string, samples: number[]): Result =>
    result({
      name: `${batch} jobs, a fresh container each`,
      unit: 'jobs/s',
      ours: rates(ours),
      peer: { name: `${peer}, ${lanes} at a time`, samples: rates(samples) },
    });
  return [told('Engine API by hand: create, start, wait, remove', hands), told('docker run --rm', runs)];
}
