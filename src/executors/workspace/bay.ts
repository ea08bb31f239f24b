import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Who may enter a task's folder: the user of this program, or also the user that an image names. */
export type Access = 'owner' | 'anyone';

/**
 * The folders of one task: `in`, `out` and `work` below a root, with the script and its variables beside them. Making
 * and removing four folders costs a task more than forking its shell, so the same ones serve one task after another
 * of a service, as long as each leaves them as it found them.
 */
export interface Bay {
  /** Where it is now. */
  root(): string;
  /** Writes what the agent needs. */
  equip(script: string, variables: string): void;
  /**
   * Moves it to a path where nothing is yet, so that what the last task left running finds nothing where it knew it,
   * and takes out the variables and the files; false when anything else was left or changed: then it must not be used
   * again.
   */
  renew(root: string): boolean;
}

const folders = ['in', 'out', 'work'];

/** Makes a bay at a path where nothing is yet. */
export function createBay(first: string, access: Access): Bay {
  let root = first;
  // Small and local: on the way of every call, a turn through the thread pool costs more than the work itself.
  const makeFolder = (path: string): string => {
    mkdirSync(path, { mode: 0o700 });
    if (access === 'anyone') chmodSync(path, 0o777);
    return path;
  };
  const fileMode = access === 'anyone' ? 0o644 : 0o600;
  const folderMode = access === 'anyone' ? 0o777 : 0o700;
  makeFolder(root);
  for (const name of folders) makeFolder(join(root, name));
  let written: { script: string; mark: string } | undefined;
  /** The length of the file of variables that an earlier task left, blank. */
  let blank: number | undefined;

  /** A folder inside is not a file: `unlink` throws. */
  const empty = (name: string): boolean => {
    const path = join(root, name);
    const folder = lstatSync(path);
    if (!folder.isDirectory() || (folder.mode & 0o777) !== folderMode) return false;
    for (const file of readdirSync(path)) unlinkSync(join(path, file));
    return true;
  };

  return {
    root: () => root,
    equip: (script, variables) => {
      const scriptFile = join(root, 'script.sh');
      if (blank === undefined) writeFileSync(join(root, 'env'), variables, { mode: fileMode });
      else overwrite(join(root, 'env'), variables, blank);
      // A script can change its own file: only an untouched one is used again.
      if (written?.script === script && written.mark === markOf(scriptFile)) return;
      writeFileSync(scriptFile, script, { mode: fileMode });
      written = { script, mark: markOf(scriptFile) };
    },
    renew: (next) => {
      try {
        renameSync(root, next);
        root = next;
        blank = wipe(join(root, 'env'));
        return blank !== undefined && readdirSync(root).length === folders.length + 2 && folders.every(empty);
      } catch {
        // Whatever is in the way: the thorough way sees to it, and tells if it cannot.
        return false;
      }
    },
  };
}

/** Writes over a file in place: a new file, or one that is cut to nothing first, costs a call a quarter of a millisecond. */
function overwrite(path: string, text: string, length: number): void {
  const bytes = Buffer.from(text);
  const file = openSync(path, 'r+');
  try {
    // A shell reads over empty lines.
    writeSync(file, Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length), '\n')]));
  } finally {
    closeSync(file);
  }
}

/** Takes what may be secret out of a file, and answers its length; nothing when it is not the file we made. */
function wipe(path: string): number | undefined {
  const file = lstatSync(path);
  if (!file.isFile() || file.nlink !== 1) return undefined;
  overwrite(path, '', file.size);
  return file.size;
}

/** Tells one content of a file from another, as far as its inode knows. */
function markOf(file: string): string {
  const { ino, size, mtimeMs, ctimeMs } = lstatSync(file);
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
}
