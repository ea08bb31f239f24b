import type { Cluster } from '../../../engine/cluster.ts';
import { available } from './conditions.ts';
import { settled } from './settled.ts';

const longestMs = 120_000;

/** What every job leans on. */
const grounds = [
  { what: 'The name server of the cluster', namespace: 'kube-system', names: ['coredns'] },
  { what: 'MinIO', namespace: 'minio', names: ['minio'] },
];

/** Waits until jobs find the store: after its node was off, a cluster takes them well before. Throws when that takes too long. */
export const inOrder = async (cluster: Cluster, signal: AbortSignal): Promise<void> =>
  void (await Promise.all(
    grounds.map((one) =>
      settled(
        cluster,
        { apiVersion: 'apps/v1', kind: 'Deployment', look: available, timeoutMs: longestMs, ...one },
        signal,
      ),
    ),
  ));
