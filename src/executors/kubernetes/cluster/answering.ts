import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../../../engine/cluster.ts';
import { findCluster } from '../../../engine/kubeconfig.ts';
import { openCluster } from '../../../engine/kubernetes.ts';
import { asSandboxError, SandboxError } from '../../../model/errors.ts';
import type { ClusterOptions } from './options.ts';

const patienceMs = 90_000;
const againMs = 500;
const briefMs = 2_000;

/** Speaks with a cluster; one that has just been started does not answer at once. */
export async function reach(kubeconfig: string, options: ClusterOptions, signal: AbortSignal): Promise<Cluster> {
  const { environment, home, parse, now } = options;
  const place = await findCluster({
    around: { environment, home },
    parse: (text) => parse(text)[0],
    file: kubeconfig,
  });
  const until = now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await openCluster(place);
    } catch (error) {
      // It knows its own users only a while after it answers.
      if (asSandboxError(error).code === 'invalid' || now() > until) throw error;
      await pause(againMs);
    }
  }
}

/** Waits until a MinIO answers by itself: what conditions say may be old. Answers its URL. */
export async function whenAnswering(url: string, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  for (;;) {
    // One that is accepted by the engine, and answered by nobody, would wait for ever.
    const brief = AbortSignal.any([limit, AbortSignal.timeout(briefMs)]);
    const answer = await fetch(`${url}/minio/health/ready`, { signal: brief }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return url;
    signal.throwIfAborted();
    if (limit.aborted) {
      throw new SandboxError('timeout', `MinIO does not answer at ${url}.`, { hint: 'See `oscar-sandbox status`.' });
    }
    await pause(againMs / 5, undefined, { signal: limit }).catch(() => undefined);
  }
}
