import { open } from 'node:fs/promises';
import { SandboxError } from '../model/errors.ts';
import { migrations } from './migrations.ts';

/** Throws when a database of this schema was written by a newer version. */
export function demandKnown(schema: number, file: string): void {
  if (schema <= migrations.length) return;
  throw new SandboxError('invalid', `${file} was written by a newer OSCAR Sandbox (schema ${schema}).`, {
    hint: 'Install that version again, or start with another --data-dir.',
  });
}

// SQLite's file format: what the file begins with, and where its header holds `user_version`.
const signature = Buffer.from('SQLite format 3\0', 'latin1');
const versionAt = 60;

/**
 * Throws when a newer version wrote the database; another process may have it open. Not for the process that has: to
 * close the file would let go of its locks.
 */
export async function demandSchema(file: string): Promise<void> {
  const header = Buffer.alloc(versionAt + 4);
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  await handle?.read(header, 0, header.length, 0).finally(() => handle.close());
  if (header.subarray(0, signature.length).equals(signature)) demandKnown(header.readInt32BE(versionAt), file);
}
