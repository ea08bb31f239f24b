import { basename, join } from 'node:path';
import type { Payload } from '../model/task.ts';
import type { Database } from './database.ts';

/** What invocations were called with: small bodies in the database, large ones in files of the spool folder. */
export interface Bodies {
  get(invocation: string): Payload | undefined;
  /** Inside a transaction. A file must lie in the spool folder; it is named by its last part, wherever that folder is. */
  keep(invocation: string, payload: Payload): void;
  /** Inside a transaction: forgets them, and answers the files that no invocation has any more. */
  drop(invocations: string[]): string[];
  /** Does any invocation have the file of this name as its body? */
  hasFile(name: string): boolean;
}

export function createBodies(db: Database, spool: string): Bodies {
  const one = db.prepare('select content, file, size from bodies where invocation = ?');
  const insert = db.prepare('insert into bodies (invocation, content, file, size) values (?, ?, ?, ?)');
  const fileOf = db.prepare('select file from bodies where invocation = ? and file is not null');
  const remove = db.prepare('delete from bodies where invocation = ?');
  const holder = db.prepare('select 1 from bodies where file = ?');
  const hasFile = (name: string) => holder.get(name) !== undefined;
  return {
    hasFile,
    get: (invocation) => {
      const row = one.get(invocation);
      if (!row) return undefined;
      if (row.file !== null) return { file: join(spool, row.file as string), size: row.size as number };
      return { bytes: row.content as Buffer };
    },
    keep: (invocation, payload) => {
      if ('bytes' in payload) insert.run(invocation, payload.bytes, null, payload.bytes.length);
      else insert.run(invocation, null, basename(payload.file), payload.size);
    },
    drop: (invocations) => {
      const files = new Set<string>();
      for (const id of invocations) {
        const file = fileOf.get(id)?.file as string | undefined;
        if (file !== undefined) files.add(file);
        remove.run(id);
      }
      // A replay shares the body of what it replays: it goes with the last of them.
      return [...files].filter((file) => !hasFile(file)).map((file) => join(spool, file));
    },
  };
}
