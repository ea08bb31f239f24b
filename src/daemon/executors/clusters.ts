import { stat } from 'node:fs/promises';
import type { Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import { findId, places } from '../files.ts';

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** What is needed to end the cluster of a data folder; undefined when none was ever made. */
async function endingOf(dataDir: string, environment: Record<string, string>) {
  const id = findId(dataDir);
  const folder = places(dataDir).cluster;
  return id !== undefined && (await isThere(folder)) ? { id, folder, environment } : undefined;
}

/** Stops the node of the cluster of a data folder; answers whether it ran. Throws when its engine does not answer. */
export async function stopClusterOf(dataDir: string, environment: Record<string, string>): Promise<boolean> {
  const ending = await endingOf(dataDir, environment);
  if (!ending) return false;
  const [{ connect }, { stopCluster }] = await Promise.all([
    import('../../engine/connect.ts'),
    import('../../executors/kubernetes/cluster/ending.ts'),
  ]);
  const found = await connect({ environment });
  if (!('engine' in found)) {
    throw new SandboxError('unavailable', `Its cluster could not be stopped: ${found.why}`, { hint: found.hint });
  }
  return stopCluster({ ...ending, engine: found.engine });
}

/** Removes the cluster of a data folder from an engine; answers whether there was one, and what the user is left to do. */
export async function removeClusterOf(
  dataDir: string,
  environment: Record<string, string>,
  engine: Engine,
): Promise<{ removed: boolean; left: string[] }> {
  const ending = await endingOf(dataDir, environment);
  if (!ending) return { removed: false, left: [] };
  const { removeCluster } = await import('../../executors/kubernetes/cluster/ending.ts');
  return removeCluster({ ...ending, engine });
}
