import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../model/errors.ts';

/** What a sandbox leaves in its data folder; whatever else is there is somebody else's. */
const ours =
  /^(state\.db|lock)(-wal|-shm|-journal)?$|^(daemon\.log|engine)$|^(daemon\.json|options\.json|credentials|oidc\.json|id)(\.new)?$|^(objects|logs|work|spool|cluster|kubernetes\.json)$/;

/** What tells the folder of a sandbox from all others, in which such names are somebody else's: one file is enough. */
const marks: Record<string, RegExp> = {
  id: /^[0-9a-f]{12}\s*$/,
  lock: /^SQLite format 3\0/,
  'state.db': /^SQLite format 3\0/,
  engine: /^(unix|tcp|https?):\/\/\S+\s*$/,
};

/** What a start leaves that has not even come to the lock, beside nothing else. */
const begun = ['spool', 'daemon.log'];

/** The names of what a sandbox has left in a folder, in the order in which it may go: the last ones tell whose it was. */
export async function tracesIn(dataDir: string): Promise<string[]> {
  const all = await entriesOf(dataDir);
  const isSandbox = (await isMarked(dataDir)) || (await isBegun(dataDir, all));
  const names = isSandbox ? all.filter((name) => ours.test(name)) : [];
  return names.sort((one, other) => turn(one) - turn(other));
}

const turn = (name: string): number => ['cluster', 'kubernetes.json', 'engine', 'id', 'lock'].indexOf(name);

async function isMarked(dataDir: string): Promise<boolean> {
  for (const [name, mark] of Object.entries(marks)) {
    if (mark.test(await startOf(join(dataDir, name)))) return true;
  }
  return false;
}

const isBegun = async (dataDir: string, names: string[]): Promise<boolean> =>
  names.includes('spool') &&
  names.every((name) => begun.includes(name)) &&
  (await entriesOf(join(dataDir, 'spool'))).length === 0;

/** How a file begins; what is no file, or is closed to us, begins with nothing. */
async function startOf(file: string): Promise<string> {
  // Whoever reads a pipe waits.
  const isFile = await lstat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  const handle = isFile ? await open(file).catch(() => undefined) : undefined;
  if (!handle) return '';
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The names in a folder; none, where there is no folder. */
export async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw new SandboxError('invalid', `${folder} cannot be read: ${error.code}.`, { cause: error });
  });
}
