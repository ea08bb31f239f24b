import { gatewayOf, kubectl } from './clusters.ts';
import { type Result, result } from './figures.ts';
import { must, pause } from './request.ts';
import { definition, type Sandbox } from './sandbox.ts';
import { inTurn, timed } from './timing.ts';

const image = 'dev.local/user:1';
const atHost = { headers: { host: 'warm.oscar-svc.knative.local' } };
const peer = 'the same Knative service, called at the gateway by hand';

/** Calls of a service that has a pod, and of one that has none, beside the same service called without us. */
export async function callsInCluster(sandbox: Sandbox, quick: boolean, signal: AbortSignal): Promise<Result[]> {
  const body = Buffer.from('x').toString('base64');
  await sandbox.call('POST', '/system/services', definition('warm', 'echo ok\n', { image }));
  const address = gatewayOf(sandbox.dataDir);
  const rivals = [
    () => sandbox.call('POST', '/run/warm', body),
    () => must(address, { method: 'POST', ...atHost, body }),
  ].map((call) => async () => {
    signal.throwIfAborted();
    return call();
  });
  const measured = ([ours = [], samples = []]: number[][], name: string): Result =>
    result({
      name,
      unit: 'ms',
      ours,
      peer: { name: peer, samples },
      notes: ['nearly all of it is the supervisor in the pod, the same for both'],
    });
  const warm = await inTurn(rivals, quick ? 30 : 100, 3);
  quickWindows(sandbox.dataDir);
  const cold: number[][] = rivals.map(() => []);
  for (let i = 0; i < (quick ? 2 : 5); i++) {
    for (const [index, call] of rivals.entries()) {
      await untilNone(sandbox.dataDir, signal);
      cold[index]?.push(await timed(call));
    }
  }
  return [measured(warm, 'warm call in the cluster'), measured(cold, 'call in the cluster, from no pod')];
}

/** A service is without pods sooner. */
function quickWindows(dataDir: string): void {
  const data = { 'stable-window': '10s', 'scale-to-zero-grace-period': '10s' };
  const patch = ['patch', 'configmap', 'config-autoscaler', '--type', 'merge', '--patch', JSON.stringify({ data })];
  kubectl(dataDir, '--namespace', 'knative-serving', ...patch);
}

async function untilNone(dataDir: string, signal: AbortSignal): Promise<void> {
  // Replicas: a pod that drains is there for a while longer, and takes no calls.
  const look = ['--selector', 'serving.knative.dev/service=warm', '--output', 'jsonpath={.items[*].status.replicas}'];
  const end = performance.now() + 180_000;
  while (/[1-9]/.test(kubectl(dataDir, '--namespace', 'oscar-svc', 'get', 'deployments', ...look))) {
    signal.throwIfAborted();
    if (performance.now() > end) throw new Error('The service does not scale to nothing.');
    await pause(500);
  }
}
