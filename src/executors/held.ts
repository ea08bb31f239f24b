import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** A folder that is held open: what is done in it happens there, wherever a path to it leads by now. */
export interface Held {
  /** The folder itself. */
  readonly path: string;
  at(name: string): string;
  close(): void;
}

/** What is at a path differs from what was seen there: look again. */
export class Moved extends Error {}

// A script may put a link to /etc where a folder was while we write into it. Node has no `openat`, but Linux reaches
// the same through the open folder's entry in /proc. Elsewhere the path is checked right after it was opened: that
// leaves a moment, on systems where containers run in a virtual machine.
export const linux = process.platform === 'linux';

/** How folders are opened: a link in the place of one is not followed. */
export const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Opens nothing, but holds what is there: Linux has it, Node has no name for it. */
export const O_PATH = 0o10000000;

/** What an open file or folder is reached by on Linux, wherever it is by now. */
export const pathOf = (fd: number): string => `/proc/self/fd/${fd}`;

/** Holds a folder; a link or a file in its place is an error (`ENOTDIR`, `ELOOP`). */
export function hold(opened: string, real = opened): Held {
  const fd = openSync(opened, folderFlags);
  const path = linux ? pathOf(fd) : real;
  if (!linux && leadsElsewhere(real)) {
    closeSync(fd);
    throw new Moved(`${real} leads elsewhere`);
  }
  return { path: `${path}/.`, at: (name) => join(path, name), close: () => closeSync(fd) };
}

function leadsElsewhere(path: string): boolean {
  try {
    return realpathSync(path) !== path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
