import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises';
import { isAbsent, isForbidden, type Mark, markOf, sameMark } from './marks.ts';

/** Tells which files are being written at this moment. */
export interface Settled {
  /** The files that are not complete yet, each with who is at it. */
  unsettled(files: Mark[]): Promise<Map<string, string>>;
}

export interface SettledOptions {
  platform: NodeJS.Platform;
  /** How long size and time must rest where nothing tells who writes. */
  rest?: number;
}

/** Linux shows who has a file open; elsewhere a file is complete when size and time rest for 50 ms. */
export const createSettled = ({ platform, rest = 50 }: SettledOptions): Settled =>
  platform === 'linux' ? createWriters() : { unsettled: (files) => restless(files, rest) };

async function restless(files: Mark[], rest: number): Promise<Map<string, string>> {
  await pause(rest);
  const after = await Promise.all(files.map((file) => markOf(file.path)));
  const moved = files.filter((file, i) => !sameMark(file, after[i]));
  return new Map(moved.map((file) => [file.path, 'another program']));
}

interface Holder {
  pid: string;
  fd: string;
}

const slice = 4;
const inode = (file: { dev: number; ino: number }) => `${file.dev}:${file.ino}`;

function createWriters(): Settled {
  // Who was last seen to write a file: asked first, so that waiting for them costs one look.
  const holders = new Map<string, Holder>();
  return {
    unsettled: async (files) => {
      const wanted = new Map(files.map((file) => [inode(file), file.path]));
      const found = new Map<string, Holder>();
      for (const [key, path] of wanted) {
        const holder = holders.get(path);
        if (holder && holds(holder, new Map([[key, path]])) !== undefined) found.set(path, holder);
        else holders.delete(path);
      }
      if (found.size < wanted.size) await searchProcesses(wanted, found);
      for (const [path, holder] of found) holders.set(path, holder);
      return new Map([...found].map(([path, holder]) => [path, describe(holder)]));
    },
  };
}

/** Looks through all processes in short slices: a desktop has ten thousand open files. */
async function searchProcesses(wanted: Map<string, string>, found: Map<string, Holder>): Promise<void> {
  let started = performance.now();
  for (const pid of list('/proc').reverse()) {
    if (!/^\d/.test(pid)) continue;
    for (const fd of list(`/proc/${pid}/fd`)) {
      const path = holds({ pid, fd }, wanted);
      if (path !== undefined) found.set(path, { pid, fd });
    }
    if (performance.now() - started < slice) continue;
    await breathe();
    started = performance.now();
  }
}

/** Which of the files a process has open for writing under this number. */
function holds({ pid, fd }: Holder, wanted: Map<string, string>): string | undefined {
  const open = quietly(() => statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false }), undefined);
  const path = open && wanted.get(inode(open));
  if (path === undefined) return undefined;
  const info = quietly(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'), '');
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
  // O_WRONLY is 1, O_RDWR is 2.
  return (flags & 3) === 0 ? undefined : path;
}

const list = (folder: string): string[] => quietly(() => readdirSync(folder), []);

/** Processes end while they are looked at, and some are not ours to look at. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    const ended = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (ended || isAbsent(error) || isForbidden(error)) return otherwise;
    throw error;
  }
}

function describe({ pid }: Holder): string {
  const name = quietly(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), '');
  return name ? `${name} (process ${pid})` : `process ${pid}`;
}
