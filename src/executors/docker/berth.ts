import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { removeTree } from '../workspace/removal.ts';
import { isGone } from './gone.ts';
import { pack, unpack } from './tarball.ts';

/** Where containers see the folders of their tasks. */
export const TASKS = '/oscar/tasks';

/** Where one container sees the folder of its task: its own place, which no other container sees. */
export interface Berth {
  /** What has to be bound into the container. */
  binds: string[];
  /** Puts a task's folder where the container sees it. */
  bring(container: string, task: Moored): Promise<void>;
  /** Takes it back out of the container's reach, with what the task left in it. */
  fetch(container: string, task: Moored, onSkip: (name: string, why: string) => void): Promise<void>;
  /** Takes it back when nobody wants to know any more what the task left. */
  drop(task: Moored): void;
  remove(): Promise<void>;
  /** What another run of the program must know to find it again. */
  place: string;
}

/** A task's folder, as the container sees it and on this machine. */
export interface Moored {
  folder: string;
  root: string;
}

/** A folder of this machine that is bound into one container; tasks' folders are moved into it and out of it. */
export function boundBerth(place: string): Berth {
  mkdirSync(place, { recursive: true, mode: 0o700 });
  // The image's user finds its task by its name; the mask of this process does not count.
  chmodSync(place, 0o711);
  const within = ({ folder }: Moored) => join(place, posix.basename(folder));
  const takeBack = (task: Moored) => {
    try {
      renameSync(within(task), task.root);
    } catch (error) {
      // Where the script removed it, who looks for its files says so.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    // A link in its place could lead anywhere. Only here can the container not put one there after it was looked at.
    if (!lstatSync(task.root).isDirectory()) unlinkSync(task.root);
  };
  return {
    binds: [`${place}:${TASKS}`],
    bring: async (_, task) => renameSync(task.root, within(task)),
    fetch: async (_, task) => takeBack(task),
    drop: takeBack,
    remove: () => removeTree(place),
    place,
  };
}

/** For an engine that does not share this machine's files: they are copied there and back. */
export function copiedBerth(engine: Engine): Berth {
  return {
    binds: [],
    bring: (container, { root }) => engine.copyIn(container, '/', pack(dirname(root), basename(root), TASKS.slice(1))),
    fetch: async (container, { folder, root }, onSkip) => {
      const out = join(root, 'out');
      mkdirSync(out, { recursive: true, mode: 0o700 });
      const sent = await engine.copyOut(container, `${folder}/out`).catch(unlessGone);
      if (sent) await unpack(sent, root, { top: 'out', onSkip });
      // The script removed it: who looks for its files says so.
      else rmSync(out, { recursive: true });
    },
    drop: () => undefined,
    remove: async () => undefined,
    place: '',
  };
}

function unlessGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}
