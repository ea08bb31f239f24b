import { type Dirent, lstatSync, readdirSync, type Stats } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Held } from '../held.ts';
import { holdIn } from './held.ts';
import { foldersOf, isReadable } from './names.ts';

/** What tells one content of a file from another without reading it. */
export interface FileMark {
  size: number;
  modified: number;
  /** When anything about it was last changed; unlike the above it cannot be set. */
  changed: number;
  inode: number;
  mode: number;
}

/** What a folder holds, by path below it. */
export interface Tree {
  files: Map<string, FileMark>;
  folders: Set<string>;
  /** Where nobody can or may look, and why: what is there, or below, is neither there nor gone. */
  closed: Map<string, string>;
  /** Those among them that may hold files. */
  unread: string[];
}

/** So many files are looked at before others have their turn. */
const atOnce = 200;

export const markOf = ({ size, mtimeMs, ctimeMs, ino, mode }: Stats): FileMark => ({
  size,
  modified: mtimeMs,
  changed: ctimeMs,
  inode: ino,
  mode: mode & 0o777,
});

/** Is this the same content, as far as one can tell from outside? */
export const isSame = (a: FileMark, b: FileMark): boolean => a.changed === b.changed && sameBut(a, b);

/** The same but for what a new name changes too. */
export const sameBut = (a: FileMark, b: FileMark): boolean =>
  a.size === b.size && a.modified === b.modified && a.inode === b.inode;

/** Looks at everything below the folder; links are seen and not followed. */
export async function readTree(top: Held): Promise<Tree> {
  const tree: Tree = { files: new Map(), folders: new Set(), closed: new Map(), unread: [] };
  let looked = 0;
  const into = async (folder: Held, prefix: string): Promise<void> => {
    for (const entry of readdirSync(folder.path, { withFileTypes: true })) {
      looked += 1;
      if (looked % atOnce === 0) await turn();
      await look(folder, entry, prefix + entry.name);
    }
  };
  const shut = (path: string, why: string) => {
    tree.unread.push(path);
    tree.closed.set(path, why);
  };
  const look = async (folder: Held, entry: Dirent, path: string): Promise<void> => {
    try {
      if (!isReadable(entry.name)) shut(path, 'its name is no UTF-8');
      else if (entry.isDirectory()) {
        tree.folders.add(path);
        const inner = holdIn(folder, entry.name);
        await into(inner, `${path}/`).finally(inner.close);
      } else if (entry.isFile()) tree.files.set(path, markOf(lstatSync(folder.at(entry.name))));
      else tree.closed.set(path, entry.isSymbolicLink() ? 'it is a link' : 'it is no regular file');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Gone since its name was read.
      if (code === 'ENOENT') return void tree.folders.delete(path);
      shut(path, code === 'EACCES' ? 'it may not be read' : `it cannot be read (${code})`);
    }
  };
  await into(top, '');
  return tree;
}

/** The path, or the folder it lies in, where nobody can look. */
export function closedAt({ closed }: Tree, path: string): string | undefined {
  if (closed.size === 0) return undefined;
  if (closed.has(path)) return path;
  for (const folder of foldersOf(path)) if (closed.has(folder)) return folder;
  return undefined;
}
