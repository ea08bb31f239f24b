import type { Stats } from 'node:fs';
import { lstat, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../daemon/background.ts';
import { unpacked, unpackedFolder } from '../daemon/cache.ts';
import { SandboxError } from '../model/errors.ts';
import { entriesOf } from './traces.ts';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Removes one file, of a link the link alone; answers whether it was there. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return false;
    throw notRemoved(path, error);
  }
}

const notRemoved = (path: string, error: unknown) =>
  new SandboxError('forbidden', `${path} cannot be removed: ${codeOf(error)}.`, {
    hint: 'Remove it as the user it belongs to, and run the same command once more.',
    cause: error,
  });

/** Removes files, and folders with all that is in them, in this order; answers which folders stay, and why. */
export async function removeAll(paths: readonly string[]): Promise<string[]> {
  const stays: string[] = [];
  for (const path of paths) {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (codeOf(error) !== 'EBUSY') throw notRemoved((error as NodeJS.ErrnoException).path ?? path, error);
      // A mount point: what is in it goes.
      const within = await entriesOf(path);
      stays.push(...(await removeAll(within.map((name) => join(path, name)))), ...(await removeEmptied(path)));
    }
  }
  return stays;
}

/** Removes a folder that is empty now; answers why it stays, if it does. */
export async function removeEmptied(folder: string): Promise<string[]> {
  try {
    await rmdir(folder);
    return [];
  } catch (error) {
    const code = codeOf(error);
    if (!kept.includes(code)) throw error;
    const why: Record<string, string> = { ENOTDIR: 'it is a link', EBUSY: 'something is mounted there' };
    return [`${folder} is empty and stays: ${why[code] ?? `it cannot be removed (${code})`}.`];
  }
}

/** Removes what installers that were killed have left in the folder that a program goes to. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await entriesOf(folder)) {
    const pid = /^\.oscar-sandbox\.(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await removeAll([join(folder, name)]);
  }
}

/** Removes those of the folders that are empty, the ones within others first; answers which. */
export async function removeEmpty(folders: readonly string[]): Promise<string[]> {
  const gone: string[] = [];
  const deepest = [...new Set(folders)].sort((one, other) => depth(other) - depth(one));
  for (const folder of deepest) if (await removeIfEmpty(folder)) gone.push(folder);
  return gone;
}

const depth = (path: string): number => path.split('/').filter(Boolean).length;

// Something is in it, it is gone, it is another thing by now, or it is not to be touched by us: it stays.
const kept = ['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY', 'EACCES', 'EPERM', 'EROFS'];

async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (kept.includes(codeOf(error))) return false;
    throw error;
  }
}

/**
 * Removes what the program put into the first of these folders that has something of it, and the folder if it is empty
 * then; answers that folder. Those after it are for when it cannot be used, and may be others'.
 */
export async function removeCache(folders: readonly string[]): Promise<string[]> {
  for (const cache of folders) {
    const folder = unpackedFolder(cache);
    const files =
      (await isMine(cache)) && (await isMyFolder(folder))
        ? (await readdir(folder)).filter((name) => unpacked.test(name))
        : [];
    for (const name of files) await removeFile(join(folder, name));
    if (files.length + (await removeEmpty([cache, folder])).length > 0) return [cache];
  }
  return [];
}

/** Where everybody may write, somebody else may have been first, with a link to what is ours. */
const isMine = (path: string): Promise<boolean> => is(path, ({ uid }) => uid === process.getuid?.());

const isMyFolder = async (path: string): Promise<boolean> =>
  (await isMine(path)) && (await is(path, (found) => found.isDirectory()));

const is = (path: string, what: (found: Stats) => boolean): Promise<boolean> =>
  lstat(path).then(what, (error: unknown) => {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error))) return false;
    throw error;
  });
