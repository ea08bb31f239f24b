import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Access, type Bay, createBay } from './bay.ts';
import { removeTree } from './removal.ts';

/** The folder of one task; all paths are those of this machine. */
export interface TaskFolder extends Pick<Bay, 'equip' | 'receive'> {
  root: string;
  input: string;
  output: string;
  /** What the script printed, when it is too much for the memory. */
  printed: string;
  archive: string;
  /** Never rejects: what cannot be removed is logged, the next start sees to it. */
  remove(): Promise<void>;
}

/** Lends the folders of tasks below one base folder. */
export interface TaskFolders {
  /** An empty folder for a task of this service. */
  create(service: string, access: Access): TaskFolder;
  /** Where a folder that another run of the program made can be put, for what is left of its task. */
  adopt(service: string): TaskFolder;
  /** Keeps nothing for this service any more; a task that still has its folder gives it back as ever. */
  forget(service: string): Promise<void>;
  /** Removes what a run of the program before this one left; what cannot be removed is put out of the way. */
  sweep(): Promise<void>;
  /** Keeps nothing from now on. */
  close(): Promise<void>;
}

export interface TaskFoldersOptions {
  base: string;
  log: Log;
  remove?: (path: string) => Promise<void>;
}

const TRASH = 'trash-';

/** Folders below `base`: `tasks/` for what scripts see, `kept/` for what they must not get at. */
export function createTaskFolders({ base, log, remove = removeTree }: TaskFoldersOptions): TaskFolders {
  const [tasks, kept] = [join(base, 'tasks'), join(base, 'kept')];
  /** Bays that nobody uses now, and who may enter them. One never goes to another service. */
  const free = new Map<string, { bay: Bay; access: Access }[]>();
  let count = 0;
  let closed = false;

  const newRoot = (service: string): string => {
    count += 1;
    const root = join(tasks, `${service}.${count}`);
    return existsSync(root) ? newRoot(service) : root;
  };
  const discard = async (path: string): Promise<void> => {
    try {
      await remove(path);
    } catch (error) {
      log.warn('what a task left could not be removed', { path, error: String(error) });
    }
  };
  const discardAll = (shelf: { bay: Bay }[]) => Promise.all(shelf.map(({ bay }) => discard(bay.root())));

  const around = (root: string) => {
    count += 1;
    const [printed, archive] = [join(kept, `${count}.txt`), join(kept, `${count}.zip`)];
    const discardKept = async () => {
      for (const file of [printed, archive]) if (existsSync(file)) await discard(file);
    };
    return { paths: { root, input: join(root, 'in'), output: join(root, 'out'), printed, archive }, discardKept };
  };

  const create = (service: string, access: Access): TaskFolder => {
    const shelf = free.get(service) ?? [];
    free.set(service, shelf);
    const rested = shelf.findLastIndex((one) => isSame(one.access, access));
    const bay = rested < 0 ? createBay(newRoot(service), access) : shelf.splice(rested, 1)[0]?.bay;
    if (!bay) throw new SandboxError('internal', 'A folder for a task is neither there nor made.');
    const { paths, discardKept } = around(bay.root());
    const giveBack = async () => {
      await discardKept();
      const wanted = !closed && free.get(service) === shelf;
      if (bay.renew(newRoot(service)) && wanted) shelf.push({ bay, access });
      else await discard(bay.root());
    };
    return { ...paths, equip: bay.equip, receive: bay.receive, remove: giveBack };
  };

  const adopt = (service: string): TaskFolder => {
    const { paths, discardKept } = around(newRoot(service));
    const remove = async () => {
      await discardKept();
      await discard(paths.root);
    };
    // It was equipped before it was left.
    return { ...paths, equip: () => undefined, receive: (work) => work(paths.input), remove };
  };

  const putAway = async (folder: string): Promise<void> => {
    let number = 1;
    while (existsSync(join(base, TRASH + number))) number += 1;
    const trash = join(base, TRASH + number);
    try {
      await rename(folder, trash);
      log.warn('what tasks left could not be removed and was put away', { folder, trash });
    } catch (error) {
      log.warn('what tasks left could not be put away', { folder, error: String(error) });
    }
  };
  const sweep = async () => {
    for (const name of await readdir(base)) if (name.startsWith(TRASH)) await discard(join(base, name));
    for (const folder of [tasks, kept]) {
      await remove(folder).catch(() => putAway(folder));
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  };

  return {
    create,
    adopt,
    forget: async (service) => {
      const bays = free.get(service) ?? [];
      free.delete(service);
      await discardAll(bays);
    },
    sweep,
    close: async () => {
      closed = true;
      const bays = [...free.values()].flat();
      free.clear();
      await discardAll(bays);
    },
  };
}

const isSame = (one: Access, other: Access): boolean => JSON.stringify(one) === JSON.stringify(other);
