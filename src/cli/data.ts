import { join } from 'node:path';
import type { Status } from '../api/protocol.ts';
import { findDaemon, stopDaemon } from '../daemon/background.ts';
import { type Cleared, type Removed as ClearedAway, clearEngine } from '../daemon/leftovers.ts';
import { removeAll, removeEmptied } from './removal.ts';
import { entriesOf, tracesIn } from './traces.ts';

/** What there is of a sandbox to be removed. */
export interface Data {
  dataDir: string;
  /** What of it lies in the data folder. */
  names: string[];
  running: Status | undefined;
}

export async function findData(dataDir: string): Promise<Data> {
  return { dataDir, names: await tracesIn(dataDir), running: await findDaemon(dataDir) };
}

/** What would be removed, as a question begins. */
export const wording = ({ dataDir, running }: Data): string =>
  `${running ? 'Stop the sandbox and remove' : 'Remove'} all services, objects and logs in ${dataDir}, and its containers, volumes and cluster`;

/** What was removed, and what could not be. */
export interface Removed extends ClearedAway {
  names: string[];
  /** The container engine that has something and does not answer. */
  unreached?: string;
  /** The folders that are empty and stay, each with the reason. */
  stays: string[];
}

/** What is found or removed with something other than the data itself. */
export interface RemoveOptions {
  engineEnvironment: Record<string, string>;
  cacheFolders: readonly string[];
}

/** Stops the sandbox, removes its data and what it made on a container engine; stays what finds the rest of that. */
export async function removeData(data: Data, { engineEnvironment, cacheFolders }: RemoveOptions): Promise<Removed> {
  const { dataDir, running } = data;
  const nothing: Removed = {
    ...{ names: [], containers: 0, networks: 0, volumes: 0, clusters: 0, clusterObjects: 0 },
    ...{ left: [], stays: [] },
  };
  if (running) await stopDaemon(running);
  if (data.names.length === 0) return nothing;
  const { seize } = await import('../daemon/occupy.ts');
  const release = await seize(dataDir, cacheFolders);
  try {
    const cleared = await clearEngine(dataDir, engineEnvironment);
    // It may have written more before it ended, and the lock is new where there was none.
    const names = (await tracesIn(dataDir)).filter((name) => !isNeeded(name, cleared));
    const stays = await removeAll(names.map((name) => join(dataDir, name)));
    // The folder itself goes only when nothing else is in it.
    if ((await entriesOf(dataDir)).length === 0) stays.push(...(await removeEmptied(dataDir)));
    return { ...nothing, names: data.names.filter((name) => names.includes(name)), stays, ...cleared };
  } finally {
    release();
  }
}

/** What stays on an engine is found by these the next time. */
const isNeeded = (name: string, cleared: Cleared): boolean =>
  ['id', 'engine', 'cluster', 'kubernetes.json'].includes(name) &&
  cleared !== undefined &&
  ('unreached' in cleared || cleared.left.length > 0);

/** What was removed, each as it stands in a sentence. */
export function nounsOf(
  { names, containers, networks, volumes, clusters, clusterObjects: objects }: Removed,
  dataDir: string,
): string[] {
  const elsewhere = objects === 0 ? [] : [`${objects} objects of a cluster`];
  const counts = Object.entries({ containers, networks, volumes, clusters }).flatMap(([noun, count]) =>
    count === 0 ? [] : [`${count} ${count === 1 ? noun.slice(0, -1) : noun}`],
  );
  return [...(names.length > 0 ? [`the data in ${dataDir}`] : []), ...counts, ...elsewhere];
}
