import { isWithin, listYaml } from './folder.ts';
import { type Mark, markOf, sameMark } from './marks.ts';

/** What is known about a file of the watched folder. */
export interface Known {
  /** The services that it holds now. */
  names: string[];
  /** Of the file and its scripts, as they were last read. */
  marks: Mark[];
  scripts: string[];
  /** The content that was refused last: it is reported once. */
  refused?: string;
  /** The file that has one of its names. */
  blockedBy?: { path: string; name: string };
  /** The services that left it with the content declared last, and are served until it is plain that they did not move. */
  left?: { names: string[]; hash: string; since: number };
  /** It was reported that it may not be read. */
  forbidden?: boolean;
  /** Since when it has not been there. */
  missingSince?: number;
  /** Since when a script of it has not been there, or has been empty. */
  lackingSince?: number;
  /** What the door said last when it failed for no fault of the file. */
  failure?: string;
  /** Since when somebody has had it open. */
  waitingSince?: number;
  toldWaiting?: boolean;
}

/** The files of the folder, in memory. */
export interface Ledger {
  /** What is known of the file; nothing at first. */
  of(path: string): Known;
  has(path: string): boolean;
  forget(path: string): void;
  /** The files whose script this is. */
  usersOf(script: string): string[];
  scripts(): string[];
  /** The file that holds the service, other than this one. */
  ownerOf(name: string, except: string): string | undefined;
  /** The files that wait for a name that this one had, and has no longer. */
  freedBy(path: string): string[];
  /** The files below the folder that are not as they were read, among them those that are gone. */
  stale(folder: string, remembered: string[]): Promise<string[]>;
}

/** An empty ledger. */
export function createLedger(): Ledger {
  const files = new Map<string, Known>();
  const filter = (test: (known: Known, path: string) => boolean): string[] =>
    [...files].filter(([path, known]) => test(known, path)).map(([path]) => path);
  return {
    of: (path) => {
      const known = files.get(path) ?? { names: [], marks: [], scripts: [] };
      files.set(path, known);
      return known;
    },
    has: (path) => files.has(path),
    forget: (path) => void files.delete(path),
    usersOf: (script) => filter((known) => known.scripts.includes(script)),
    scripts: () => [...new Set([...files.values()].flatMap((known) => known.scripts))],
    ownerOf: (name, except) => filter((known, path) => path !== except && known.names.includes(name))[0],
    freedBy: (path) => {
      const held = files.get(path)?.names ?? [];
      return filter(({ blockedBy }) => blockedBy?.path === path && !held.includes(blockedBy.name));
    },
    stale: async (folder, remembered) => {
      const present = await listYaml(folder);
      const gone = [...files.keys(), ...remembered].filter((path) => isWithin(folder, path) && !present.includes(path));
      const moved = await Promise.all(
        present.map(async (path) => ((await isStale(path, files.get(path))) ? [path] : [])),
      );
      return [...new Set([...moved.flat(), ...gone])];
    },
  };
}

async function isStale(path: string, known: Known | undefined): Promise<boolean> {
  if (!known) return true;
  const paths = [path, ...known.scripts];
  const marks = await Promise.all(paths.map(markOf));
  return paths.some(
    (file, i) =>
      !sameMark(
        marks[i],
        known.marks.find((mark) => mark.path === file),
      ),
  );
}
