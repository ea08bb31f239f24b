import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LeftTask } from '../workspace/workspace.ts';

/** What another run of the program must know about a job that goes on without this one. */
export interface JobRecord extends LeftTask {
  container: string;
  task: string;
  service: string;
  nonce: string;
  /** The place that its container sees; empty where files are copied. */
  place: string;
  /** The container that holds its network. */
  holder?: string;
}

/** Notes about the jobs whose scripts may have begun, a file each. */
export interface Records {
  /** On disk when it returns; before the script begins. */
  write(record: JobRecord): void;
  remove(container: string): void;
  /** Those that are there; what is not readable as one is removed. */
  list(): JobRecord[];
}

/** Keeps the notes in a folder. */
export function createRecords(folder: string): Records {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (container: string) => join(folder, `${container}.json`);
  const read = (name: string): JobRecord[] => {
    try {
      if (!name.endsWith('.json')) throw new Error('It was not written to its end.');
      return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as JobRecord];
    } catch {
      // Cut off by a crash: its script had not begun.
      rmSync(join(folder, name), { force: true });
      return [];
    }
  };
  return {
    write: (record) => {
      const temporary = join(folder, `${record.container}.new`);
      writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
      renameSync(temporary, fileOf(record.container));
    },
    remove: (container) => rmSync(fileOf(container), { force: true }),
    list: () => readdirSync(folder).flatMap(read),
  };
}
