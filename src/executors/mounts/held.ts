import { closeSync, fchmodSync, fstatSync, mkdirSync, openSync, realpathSync, type Stats } from 'node:fs';
import { folderFlags as flags, type Held, hold } from '../held.ts';

/** Holds the folder at the top; the path to it is ours alone. */
export function holdTop(folder: string): Held & { stats: Stats } {
  const real = realpathSync(folder);
  const fd = openSync(real, flags);
  try {
    return { ...hold(real, real), stats: fstatSync(fd) };
  } finally {
    closeSync(fd);
  }
}

/** Holds a folder in a held one; a link or a file in its place is an error (`ENOTDIR`, `ELOOP`). */
export const holdIn = (parent: Held, name: string): Held => hold(parent.at(name), parent.at(name));

/** Makes a folder that everybody may use, and holds it. */
function makeIn(parent: Held, name: string): Held {
  mkdirSync(parent.at(name));
  const fd = openSync(parent.at(name), flags);
  try {
    // Of what was opened, not of what its name is by now.
    fchmodSync(fd, 0o777);
  } finally {
    closeSync(fd);
  }
  return holdIn(parent, name);
}

function enter(parent: Held, name: string, make: boolean): Held {
  try {
    return holdIn(parent, name);
  } catch (error) {
    if (!make || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return makeIn(parent, name);
  }
}

/** Works, without waiting for anything, in the folder that a path below the top lies in; `make` makes what is missing of it. */
export function within<T>(
  top: Held,
  { path, make = false }: { path: string; make?: boolean },
  work: (folder: Held, name: string) => T,
): T {
  const names = path.split('/');
  const last = names.pop() ?? '';
  const held: Held[] = [];
  try {
    let folder = top;
    for (const name of names) {
      folder = enter(folder, name, make);
      held.push(folder);
    }
    return work(folder, last);
  } finally {
    for (const folder of held) folder.close();
  }
}
