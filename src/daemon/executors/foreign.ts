import { readFile, writeFile } from 'node:fs/promises';
import type { Cluster } from '../../engine/cluster.ts';
import { createMarks } from '../../executors/kubernetes/labels.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import { findId, places } from '../files.ts';
import type { KubernetesWishes } from '../options.ts';

/** Remembers in which cluster something of this sandbox is. */
export const rememberCluster = (dataDir: string, { file, context, namespace }: KubernetesWishes): Promise<void> =>
  writeFile(places(dataDir).kubernetes, `${JSON.stringify({ file, context, namespace })}\n`, { mode: 0o600 });

const recall = (dataDir: string): Promise<KubernetesWishes | undefined> =>
  readFile(places(dataDir).kubernetes, 'utf8').then(
    (text) => JSON.parse(text) as KubernetesWishes,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    },
  );

/** Everything that the executor makes, what makes others first. */
const kinds = [
  ['serving.knative.dev/v1', 'Service'],
  ['batch/v1', 'Job'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['apps/v1', 'Deployment'],
  ['v1', 'Service'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['v1', 'PersistentVolumeClaim'],
] as const;

/** What went from a cluster of somebody else's, and why the rest did not. */
export interface ClearedCluster {
  objects: number;
  left: string[];
}

/** Removes everything of a data folder's sandbox from the cluster that it used, by its label; undefined when it used none. */
export async function clearForeign(
  dataDir: string,
  environment: Record<string, string>,
): Promise<ClearedCluster | undefined> {
  const id = findId(dataDir);
  const used = await recall(dataDir);
  if (id === undefined || used === undefined) return undefined;
  try {
    const [{ findPlaceOf }, { openCluster }] = await Promise.all([
      import('./context.ts'),
      import('../../engine/kubernetes.ts'),
    ]);
    const cluster = await openCluster(await findPlaceOf(used, environment));
    try {
      return { objects: await removeMarked(cluster, createMarks(id).all), left: [] };
    } finally {
      cluster.close();
    }
  } catch (error) {
    const { message } = asSandboxError(error);
    const where = `the namespace ${used.namespace} of the context ${used.context}`;
    return { objects: 0, left: [`what is in ${where} stays, as it cannot be removed: ${message}`] };
  }
}

async function removeMarked(cluster: Cluster, labels: Record<string, string>): Promise<number> {
  const { namespace } = cluster.info;
  let count = 0;
  for (const [apiVersion, kind] of kinds) {
    for (const { metadata } of await listed(cluster, { apiVersion, kind, namespace, labels })) {
      await cluster.remove({ apiVersion, kind, name: metadata.name, namespace });
      count += 1;
    }
  }
  return count;
}

/** Nobody has to be granted to list what was never made. */
async function listed(cluster: Cluster, where: Parameters<Cluster['list']>[0]) {
  try {
    return await cluster.list(where);
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'forbidden' && where.kind.startsWith('Horizontal')) return [];
    throw error;
  }
}
