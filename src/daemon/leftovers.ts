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

/** What went from the engine; or the address of the one that was used and does not answer. */
export type Cleared = Labelled | { unreached: string } | undefined;

/** Removes everything that the sandbox of a data folder made on a container engine; asks no engine that is not there. */
export async function clearEngine(dataDir: string, environment: Record<string, string>): Promise<Cleared> {
  const id = findId(dataDir);
  // No sandbox was ever started on it.
  if (id === undefined) return undefined;
  const [{ connect }, { removeLabelled }] = await Promise.all([
    import('../engine/connect.ts'),
    import('../engine/labelled.ts'),
  ]);
  const found = await connect({ environment });
  if ('engine' in found) return removeLabelled(found.engine, labelOf(id));
  const used = await usedEngine(dataDir);
  return used === undefined ? undefined : { unreached: used };
}

const usedEngine = (dataDir: string): Promise<string | undefined> =>
  readFile(places(dataDir).engine, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    },
  );
