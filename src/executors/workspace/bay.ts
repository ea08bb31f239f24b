import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { SandboxError } from '../../model/errors.ts';
import { folderFlags, type Held, hold } from '../held.ts';

/**
 * Who may enter a task's folder: the user of this program, whoever can get to where it is, or the user that an image
 * names, to whom it is given.
 */
export type Access = 'owner' | 'anyone' | { uid: number; gid: number };

/**
 * The folders of one task: `in`, `out` and `work` below a root, with the script and its variables beside them. Making
 * and removing four folders costs a task more than forking its shell, so the same ones serve one task after another
 * of a service, as long as each leaves them as it found them. What a task left running may still hold them, and put
 * links where files and folders were: nothing here follows one.
 */
export interface Bay {
  /** Where it is now. */
  root(): string;
  /** Writes what the agent needs. */
  equip(script: string, variables: string): void;
  /** Has a file put into `in`, and lets those read it who may enter; answers with its path below the root. */
  receive<T extends { file?: string }>(work: (folder: string) => Promise<T>): Promise<T>;
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
  const open = access === 'anyone';
  const [fileMode, folderMode] = open ? [0o644, 0o777] : [0o600, 0o700];
  const hand = (fd: number, mode: number) => {
    // What is asked for when a file is made is cut by the mask of this process.
    if (open) fchmodSync(fd, mode);
    if (typeof access === 'object') fchownSync(fd, access.uid, access.gid);
  };
  const makeFolder = (path: string) => {
    mkdirSync(path, { mode: 0o700 });
    if (access !== 'owner') using(openSync(path, folderFlags), (fd) => hand(fd, folderMode));
  };
  makeFolder(root);
  for (const name of folders) makeFolder(join(root, name));
  const write = (path: string, text: string) =>
    using(openSync(path, 'wx', fileMode), (fd) => {
      writeSync(fd, text);
      hand(fd, fileMode);
    });
  let written: { script: string; mark: string | undefined } | undefined;
  /** Of the file of variables, once there is one. */
  let length: number | undefined;

  /** A folder inside is not a file: `unlink` throws. */
  const empty = (held: Held, name: string): boolean => {
    const folder = hold(held.at(name));
    try {
      if ((statSync(folder.path).mode & 0o777) !== folderMode) return false;
      for (const file of readdirSync(folder.path)) unlinkSync(folder.at(file));
      return true;
    } finally {
      folder.close();
    }
  };
  const isUntouched = (held: Held): boolean =>
    written?.mark !== undefined &&
    written.mark === markOf(held.at('script.sh')) &&
    readdirSync(held.path).length === folders.length + 2;

  return {
    root: () => root,
    equip: (script, variables) => {
      const scriptFile = join(root, 'script.sh');
      if (length === undefined) write(join(root, 'env'), variables);
      length = length === undefined ? Buffer.byteLength(variables) : overwrite(join(root, 'env'), variables, length);
      // Only an untouched one is used again.
      if (written?.mark && written.script === script && written.mark === markOf(scriptFile)) return;
      if (written) unlinkSync(scriptFile);
      write(scriptFile, script);
      written = { script, mark: markOf(scriptFile) };
    },
    receive: async (work) => {
      const input = join(root, 'in');
      const held = hold(input);
      try {
        const staged = await work(held.path);
        if (!staged.file) return staged;
        if (access !== 'owner') using(openOwn(staged.file, constants.O_RDONLY), (fd) => hand(fd, fileMode));
        return { ...staged, file: join(input, basename(staged.file)) };
      } finally {
        held.close();
      }
    },
    renew: (next) => {
      try {
        renameSync(root, next);
        root = next;
        const held = hold(root);
        try {
          length = overwrite(held.at('env'), '', length);
          return isUntouched(held) && folders.every((name) => empty(held, name));
        } finally {
          held.close();
        }
      } catch {
        // Whatever is in the way: the thorough way sees to it, and tells if it cannot.
        return false;
      }
    },
  };
}

function using<T>(fd: number, work: (fd: number) => T): T {
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

/** Opens a file that has one name; for anything else in its place, a pipe too, it throws at once. */
function openOwn(path: string, flags: number): number {
  const fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const found = fstatSync(fd);
  if (found.isFile() && found.nlink === 1) return fd;
  closeSync(fd);
  throw changed(path);
}

const changed = (path: string): SandboxError =>
  new SandboxError('failed', `What an earlier task left running changed ${basename(path)} in the folder of this one.`);

/**
 * Writes over a file of this length in place, the rest of it blank, and answers its length: a new file, or one that is
 * cut to nothing first, costs a call a quarter of a millisecond.
 */
const overwrite = (path: string, text: string, length = 0): number =>
  using(openOwn(path, constants.O_RDWR), (fd) => {
    if (fstatSync(fd).size !== length) throw changed(path);
    const bytes = Buffer.from(text);
    // A shell reads over empty lines.
    const all = Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length), '\n')]);
    writeSync(fd, all);
    return all.length;
  });

/** Tells one content of a file from another, as far as its inode knows; one of a link, or of many names, is no mark. */
function markOf(file: string): string | undefined {
  const found = lstatSync(file);
  const { ino, size, mtimeMs, ctimeMs, nlink } = found;
  return found.isFile() && nlink === 1 ? `${ino} ${size} ${mtimeMs} ${ctimeMs}` : undefined;
}
