import type { Database } from './database.ts';

/** Small facts that outlive the daemon: settings as JSON, and which file was declared with which content. */
export interface Settings {
  get<T>(name: string, otherwise: T): T;
  set(name: string, value: unknown): Promise<void>;
  /** The content hash with which a watched file was last declared. */
  seen(path: string): string | undefined;
  see(path: string, hash: string): Promise<void>;
  seenPaths(): string[];
  forget(path: string): Promise<void>;
}

export function createSettings(db: Database): Settings {
  const read = db.prepare('select value from settings where name = ?');
  const write = db.prepare('insert or replace into settings values (?, ?)');
  const readSeen = db.prepare('select hash from seen_files where path = ?');
  const writeSeen = db.prepare('insert or replace into seen_files values (?, ?)');
  const allSeen = db.prepare('select path from seen_files order by path');
  const dropSeen = db.prepare('delete from seen_files where path = ?');
  return {
    get: <T>(name: string, otherwise: T): T => {
      const row = read.get(name);
      return row ? (JSON.parse(row.value as string) as T) : otherwise;
    },
    set: async (name, value) => void (await db.write(() => write.run(name, JSON.stringify(value)))),
    seen: (path) => readSeen.get(path)?.hash as string | undefined,
    see: async (path, hash) => void (await db.write(() => writeSeen.run(path, hash))),
    seenPaths: () => allSeen.all().map((row) => row.path as string),
    forget: async (path) => void (await db.write(() => dropSeen.run(path))),
  };
}
