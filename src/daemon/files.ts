import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
  /** What the daemon was started with: one that runs, or did not end as it was told to. */
  options: join(dataDir, 'options.json'),
  log: join(dataDir, 'daemon.log'),
  /** What the issuer of `--oidc-dev` keeps: its port, its key, the users' passwords. */
  issuer: join(dataDir, 'oidc.json'),
  /** What our things on a container engine are known by. */
  id: join(dataDir, 'id'),
  /** Which container engine was used. */
  engine: join(dataDir, 'engine'),
  /** All about the cluster that was made for it, with what its MinIO keeps. */
  cluster: join(dataDir, 'cluster'),
  /** In which cluster of somebody else's something of it is. */
  kubernetes: join(dataDir, 'kubernetes.json'),
});

/** What everything that is made elsewhere for a data folder is known by: 12 hex digits, the same wherever it lies. */
export function dataId(dataDir: string): string {
  const id = findId(dataDir);
  if (id !== undefined) return id;
  throw new SandboxError('not-found', `The data folder ${dataDir} has no id.`, { hint: 'Start a sandbox on it.' });
}

/** The same; undefined for a folder on which no sandbox was started. */
export function findId(dataDir: string): string | undefined {
  const { id: file } = places(dataDir);
  const id = readIfThere(file)?.trim();
  if (id === undefined || /^[0-9a-f]{12}$/.test(id)) return id;
  throw new SandboxError('invalid', `${file} does not hold an id of 12 hex digits.`, {
    hint: 'Delete it: the next start makes a new one, and finds nothing more of what it had on a container engine.',
  });
}

/** Gives a data folder its id, once and for all; for whoever has the folder to itself. */
export async function keepId(dataDir: string): Promise<void> {
  if (findId(dataDir) !== undefined) return;
  const { id } = places(dataDir);
  await writeFile(`${id}.new`, `${randomBytes(6).toString('hex')}\n`, { mode: 0o600, flush: true });
  await rename(`${id}.new`, id);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

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
