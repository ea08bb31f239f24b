import { readFile, writeFile } from 'node:fs/promises';
import type { Engine } from '../engine/engine.ts';
import type { Labelled } from '../engine/labelled.ts';
import { findId, places } from './files.ts';

// What tells everything that a sandbox made on an engine from the things of others.
const labelOf = (id: string): Record<string, string> => ({ 'oscar-sandbox.data': id });

/** Remembers that something of this sandbox is on that engine. */
export const rememberEngine = (dataDir: string, { info }: Engine): Promise<void> =>
  writeFile(places(dataDir).engine, `${info.address}\n`, { mode: 0o600 });

export type { Labelled };

/** What went from the engine, a cluster of our own with it, and from a cluster of somebody else's. */
export interface Removed extends Labelled {
  clusters: number;
  /** What was in a cluster elsewhere. */
  clusterObjects: number;
}

/** That; or the address of the engine that was used and does not answer. */
export type Cleared = Removed | { unreached: string } | undefined;

/** Removes everything that the sandbox of a data folder made on a container engine and in clusters; asks none that is not there. */
export async function clearEngine(dataDir: string, environment: Record<string, string>): Promise<Cleared> {
  const id = findId(dataDir);
  // No sandbox was ever started on it.
  if (id === undefined) return undefined;
  const [{ connect }, { removeLabelled }, { clearForeign }, { removeClusterOf }] = await Promise.all([
    import('../engine/connect.ts'),
    import('../engine/labelled.ts'),
    import('./executors/foreign.ts'),
    import('./executors/clusters.ts'),
  ]);
  const elsewhere = (await clearForeign(dataDir, environment)) ?? { objects: 0, left: [] };
  const found = await connect({ environment });
  if ('engine' in found) {
    const { removed, left } = await removeClusterOf(dataDir, environment, found.engine);
    const labelled = await removeLabelled(found.engine, labelOf(id));
    return {
      ...labelled,
      clusters: removed ? 1 : 0,
      clusterObjects: elsewhere.objects,
      left: [...elsewhere.left, ...left, ...labelled.left],
    };
  }
  const used = await usedEngine(dataDir);
  if (used !== undefined) return { unreached: used };
  const none = { containers: 0, networks: 0, volumes: 0, clusters: 0 };
  const { objects, left } = elsewhere;
  return objects + left.length > 0 ? { ...none, clusterObjects: objects, left } : undefined;
}

const usedEngine = (dataDir: string): Promise<string | undefined> =>
  readFile(places(dataDir).engine, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    },
  );
