import type { Database } from './database.ts';

/** One call of /run or /job, as `GET /system/logs` tells it. */
export interface RequestLine {
  /** Milliseconds since 1970. */
  time: number;
  status: number;
  latencyNs: number;
  clientIp: string;
  method: string;
  path: string;
  user: string;
}

/** The newest calls of /run and /job. */
export interface Requests {
  add(line: RequestLine): Promise<void>;
  /** Oldest first. */
  list(): RequestLine[];
  /** Forgets all but the newest `keep`. */
  prune(keep: number): Promise<void>;
}

export function createRequests(db: Database): Requests {
  const insert = db.prepare(
    'insert into requests values (@time, @status, @latencyNs, @clientIp, @method, @path, @user)',
  );
  const all = db.prepare('select * from requests order by time, rowid');
  const prune = db.prepare(
    'delete from requests where rowid <= (select rowid from requests order by rowid desc limit 1 offset ?)',
  );
  return {
    add: async (line) => void (await db.later(() => insert.run(line))),
    list: () =>
      all.all().map((row) => ({
        time: row.time as number,
        status: row.status as number,
        latencyNs: row.latency_ns as number,
        clientIp: row.client_ip as string,
        method: row.method as string,
        path: row.path as string,
        user: row.user as string,
      })),
    prune: async (keep) => void (await db.write(() => prune.run(keep))),
  };
}
