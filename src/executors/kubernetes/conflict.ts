import type { Cluster, Manifest } from '../../engine/cluster.ts';
import { SandboxError } from '../../model/errors.ts';

/** Makes an object, unless there is one of its name; answers what was made. */
export async function createOnce(cluster: Pick<Cluster, 'create'>, object: Manifest): Promise<Manifest | undefined> {
  try {
    return await cluster.create(object);
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'conflict') return undefined;
    throw error;
  }
}
