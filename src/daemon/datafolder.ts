import { access, chmod, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isFullDisk, SandboxError } from '../model/errors.ts';
import { findId, places } from './files.ts';

// SQLite opens no longer path, whatever the file system would take.
const longestPath = 511;

/** Makes the data folder for its owner alone, or tells why it cannot be one. */
export async function makeDataFolder(dataDir: string): Promise<void> {
  const { database, spool } = places(dataDir);
  const longest = Buffer.byteLength(`${database}-journal`);
  if (longest > longestPath) {
    throw unusable(dataDir, `its path is ${longest - longestPath} bytes too long`);
  }
  try {
    await makeFolder(dataDir, 0o700);
    await demandClosed(dataDir);
    await makeFolder(spool, 0o700);
    await access(dataDir, constants.W_OK);
  } catch (error) {
    if (error instanceof SandboxError || isFullDisk(error)) throw error;
    throw unusable(dataDir, whyNot(error), error);
  }
}

const unusable = (dataDir: string, why: string, cause?: unknown) =>
  new SandboxError('invalid', `The data folder ${dataDir} cannot be used: ${why}.`, {
    hint: 'Choose a folder that you may write to with --data-dir.',
    cause,
  });

/** A folder that was there before keeps its mode: others may have their own in it, and what we put there is closed to them. */
async function demandClosed(dataDir: string): Promise<void> {
  const { uid, mode } = await stat(dataDir);
  if ((mode & 0o022) === 0) return;
  // One that is everybody's, /tmp say, stays that, whoever has put an id into it.
  const isMine = uid === process.getuid?.() && (mode & 0o1000) === 0;
  // A new one may be open only because of the umask.
  const isOurs = isMine && (findId(dataDir) !== undefined || (await readdir(dataDir)).length === 0);
  if (isOurs) return chmod(dataDir, 0o700);
  throw new SandboxError('invalid', `The data folder ${dataDir} cannot be used: others may write to it.`, {
    hint: `Choose a folder of your own with --data-dir; one within it will do. If this one is yours alone: chmod go-w ${dataDir}`,
  });
}

/**
 * Makes a folder and those above it; answers the first one that was not there. Not `recursive`: that never ends below a
 * folder that answers ENOENT to every new one, as /proc does.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<string | undefined> {
  const path = resolve(folder);
  try {
    return await makeOne(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    const first = await makeFolder(dirname(path), mode);
    return (await makeOne(path, mode)) === undefined ? first : (first ?? path);
  }
}

async function makeOne(folder: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode });
    return folder;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(folder)).isDirectory();
    if (isThere) return undefined;
    throw error;
  }
}

/** Why something cannot be made or written, as the end of a sentence. */
export function whyNot(error: unknown): string {
  const { code, message, syscall = '', path = '' } = error as NodeJS.ErrnoException;
  const place = ['mkdir', 'open', 'rename'].includes(syscall) ? dirname(path) : path;
  const why: Record<string, string> = {
    ENOENT: `nothing can be made in ${place}`,
    EACCES: `you may not write to ${place}`,
    EPERM: `you may not write to ${place}`,
    EROFS: `${place} can only be read`,
    EEXIST: `${path} is no folder`,
    ENOTDIR: `something on the way to ${path} is no folder`,
    EISDIR: 'there is a folder of this name',
    ENOSPC: `no space is left`,
  };
  return why[code ?? ''] ?? message;
}
