import type { Database } from './database.ts';

/** What names an event of a store outside: with bucket and key, the mark is the same however often it is told of. */
export interface Mark {
  bucket: string;
  key: string;
  mark: string;
  /** When it happened by the store's clock, in milliseconds. */
  time: number;
}

/** A folder of such a store that is looked through, and up to which time everything was seen. */
export interface Watched {
  bucket: string;
  prefix: string;
  until: number;
}

/** Which events a store outside has told of, and how far its folders were looked through. */
export interface Heard {
  has(mark: Mark): boolean;
  watched(): Watched[];
  // Inside a transaction:
  /** Remembers it; answers whether it is new. `last`: it came by the store's queue, which tells of each until it is heard. */
  add(mark: Mark, last: boolean): boolean;
  /** This folder is looked through from now on. */
  watch(watched: Watched): void;
  /** Everything up to that time was seen; a folder that is not watched any more stays so. */
  advance(watched: Watched): void;
  unwatch(place: Pick<Watched, 'bucket' | 'prefix'>): void;
  /** Forgets what no look through a watched folder would take for new any more, `lateMs` before the time it reached. */
  forgetSeen(lateMs: number): void;
  /**
   * The same for a store with a queue, which may tell of an event long after that. It tells of one after the other, in
   * the order in which they happened, and repeats only the last: once it has told of a later one, it will never tell of
   * this.
   */
  forgetTold(lateMs: number): void;
}

export function createHeard(db: Database): Heard {
  const has = db.prepare('select 1 from heard where bucket = @bucket and key = @key and mark = @mark');
  const add = db.prepare('insert or ignore into heard values (@bucket, @key, @mark, @time, null)');
  const tell = db.prepare(
    `update heard set told = (select coalesce(max(told), 0) + 1 from heard where told is not null)
     where bucket = @bucket and key = @key and mark = @mark`,
  );
  const watched = db.prepare('select bucket, prefix, "until" from watched order by bucket, prefix');
  const watch = db.prepare(
    `insert into watched values (@bucket, @prefix, @until)
     on conflict do update set "until" = max("until", excluded."until")`,
  );
  const advance = db.prepare(
    `update watched set "until" = max("until", @until) where bucket = @bucket and prefix = @prefix`,
  );
  const unwatch = db.prepare('delete from watched where bucket = @bucket and prefix = @prefix');
  const seen = `time < coalesce((select min("until") from watched where watched.bucket = heard.bucket) - @lateMs, 9e15)`;
  const forgetSeen = db.prepare(`delete from heard where ${seen}`);
  const last = '(select max(told) from heard where told is not null)';
  const forgetTold = db.prepare(
    `delete from heard where ${seen} and time < (select time from heard where told = ${last}) - @lateMs
     and (told is null or told < ${last})`,
  );
  return {
    has: ({ bucket, key, mark }) => has.get({ bucket, key, mark }) !== undefined,
    watched: () => watched.all() as unknown as Watched[],
    add: (mark, last) => {
      const isNew = add.run(mark).changes > 0;
      if (last) tell.run({ bucket: mark.bucket, key: mark.key, mark: mark.mark });
      return isNew;
    },
    watch: (one) => void watch.run(one),
    advance: (one) => void advance.run(one),
    unwatch: ({ bucket, prefix }) => void unwatch.run({ bucket, prefix }),
    forgetSeen: (lateMs) => void forgetSeen.run({ lateMs }),
    forgetTold: (lateMs) => void forgetTold.run({ lateMs }),
  };
}
