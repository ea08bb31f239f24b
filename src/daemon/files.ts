import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Status } from '../api/protocol.ts';
import { SandboxError } from '../model/errors.ts';

/** Where everything lies below a data folder. */
export const places = (dataDir: string) => ({
  lock: join(dataDir, 'lock'),
  database: join(dataDir, 'state.db'),
  objects: join(dataDir, 'objects'),
  logs: join(dataDir, 'logs'),
  work: join(dataDir, 'work'),
  spool: join(dataDir, 'spool'),
  status: join(dataDir, 'daemon.json'),
  log: join(dataDir, 'daemon.log'),
});

/** Tells clients on this machine where the daemon answers; whole or not at all. */
export async function writeStatus(dataDir: string, status: Status): Promise<void> {
  const { status: file } = places(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** What the daemon of a data folder said about itself when it began to serve; it may be gone since. */
export async function readStatus(dataDir: string): Promise<Status | undefined> {
  const text = await readFile(places(dataDir).status, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) return undefined;
    if (error.code === 'EACCES') throw closed(dataDir);
    throw error;
  });
  return text === undefined ? undefined : statusIn(text);
}

function statusIn(text: string): Status | undefined {
  try {
    return JSON.parse(text) as Status;
  } catch {
    // The machine lost power while this was written: whoever wrote it is gone.
    return undefined;
  }
}

const closed = (dataDir: string) =>
  new SandboxError('forbidden', `The data folder ${dataDir} belongs to somebody else.`, {
    hint: 'Choose a folder of your own with --data-dir.',
  });
