import type { Cluster } from '../../engine/cluster.ts';
import type { Log } from '../../log.ts';
import { patiently } from '../patience.ts';
import type { Scene } from './scene.ts';

/** Ends what runs for a task. */
export interface Removal {
  /** Removes a job and its pods. */
  job(name: string): Promise<void>;
  /** Sees to it that this is done, when the cluster is away once it is back. */
  jobSoon(name: string): void;
  podSoon(name: string): void;
  done(): Promise<void>;
}

export interface RemovalParts {
  cluster: Pick<Cluster, 'remove'>;
  namespace: string;
  scene: Pick<Scene, 'podsOfJob'>;
  ping(): Promise<unknown>;
  /** Aborted when the sandbox stops. */
  closing: AbortSignal;
  log: Log;
}

export function createRemoval({ cluster, namespace, scene, ping, closing, log }: RemovalParts): Removal {
  const going = new Set<Promise<void>>();
  const pod = (name: string) => cluster.remove({ apiVersion: 'v1', kind: 'Pod', name, namespace });
  const job = async (name: string): Promise<void> => {
    const pods = scene.podsOfJob(name);
    await cluster.remove({ apiVersion: 'batch/v1', kind: 'Job', name, namespace });
    // They would go with it, but later.
    for (const { metadata } of pods) await pod(metadata.name);
  };
  const soon = (what: string, work: () => Promise<void>): void => {
    const one: Promise<void> = patiently({ engine: { ping }, signal: closing, onWait: () => undefined }, work)
      .catch((error: unknown) => log.warn('something was left in the cluster', { what, error: String(error) }))
      .finally(() => going.delete(one));
    going.add(one);
  };
  return {
    job,
    jobSoon: (name) => soon(`job ${name}`, () => job(name)),
    podSoon: (name) => soon(`pod ${name}`, () => pod(name)),
    done: async () => void (await Promise.all(going)),
  };
}
