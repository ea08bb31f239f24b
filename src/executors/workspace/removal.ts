import { closeSync, constants, openSync } from 'node:fs';
import { chmod, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { linux, O_PATH, pathOf } from '../held.ts';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
const isRefused = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(codeOf(error));

/** Something was put there, or in the place of it, while it was removed. */
const isRace = (error: unknown): boolean => ['EBUSY', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(codeOf(error));

function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/** Undefined for what is no folder. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Removes all that is in a folder, which stays the same one whatever is put in its place meanwhile. */
async function empty(folder: string): Promise<void> {
  /** A closed folder is opened, once. */
  const opened = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch(async (error: unknown) => {
      if (!isRefused(error)) throw error;
      await chmod(folder, 0o700);
      return work();
    });
  for (const entry of await opened(() => readdir(`${folder}/.`, { withFileTypes: true }))) {
    const path = join(folder, entry.name);
    await opened(() => (entry.isDirectory() ? remove(path) : unlink(path))).catch(unlessGone);
  }
}

/** Its last name is taken in a folder that is held, or ours: no link is followed on the way. */
async function remove(path: string): Promise<void> {
  const fd = openFolder(path);
  if (fd === undefined) return unlink(path);
  await empty(pathOf(fd)).finally(() => closeSync(fd));
  await rmdir(path);
}

/** Links are not followed: what they lead to is not ours to open. */
async function open(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await open(join(folder, entry.name));
  }
}

/** For systems where containers run in a virtual machine. */
async function removeByPath(path: string): Promise<void> {
  const all = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await all();
  } catch (error) {
    if (!isRefused(error)) throw error;
    await open(path);
    await all();
  }
}

/**
 * Removes a file or a folder with all in it, also when a script closed folders or left them read-only, or still puts
 * links in their places.
 */
export async function removeTree(path: string): Promise<void> {
  if (!linux) return removeByPath(path);
  for (let left = 3; ; left--) {
    try {
      return await remove(path).catch(unlessGone);
    } catch (error) {
      if (left === 0 || !isRace(error)) throw error;
    }
  }
}
