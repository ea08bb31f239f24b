import type { Database } from './database.ts';

export interface BucketRow {
  name: string;
  createdAt: number;
  tags: Record<string, string>;
  /** What clients configured, by subresource: `versioning`, `cors`, `policy`, … */
  conf: Record<string, string>;
}

export interface Usage {
  objects: number;
  bytes: number;
}

/** The buckets of the embedded store, what is set on them and how much is in them. */
export interface BucketRows {
  all(): BucketRow[];
  find(name: string): BucketRow | undefined;
  /** How many current objects each bucket holds. */
  usage(): Map<string, Usage>;
  usageOf(name: string): Usage;
  /** Nothing in it, not even an old version. */
  isEmpty(name: string): boolean;
  // Inside a transaction:
  /** Answers false when there is one already. */
  add(bucket: BucketRow): boolean;
  setTags(name: string, tags: Record<string, string>): void;
  /** Without a document the setting is removed. */
  configure(name: string, setting: string, document: string | undefined): void;
  /** Removes the bucket with every object, version and upload in it. */
  remove(name: string): void;
}

type Row = Record<string, unknown>;

const fromRow = (row: Row): BucketRow => ({
  name: row.name as string,
  createdAt: row.created_at as number,
  tags: JSON.parse(row.tags as string) as Record<string, string>,
  conf: JSON.parse(row.conf as string) as Record<string, string>,
});

const toUsage = (row: Row | undefined): Usage => ({ objects: row?.objects as number, bytes: row?.bytes as number });

export function createBucketRows(db: Database): BucketRows {
  const all = db.prepare('select * from buckets order by name');
  const one = db.prepare('select * from buckets where name = ?');
  const sums = 'count(*) as objects, coalesce(sum(size), 0) as bytes from objects';
  const usage = db.prepare(`select bucket, ${sums} where latest = 1 and marker = 0 group by bucket`);
  const usageOf = db.prepare(`select ${sums} where latest = 1 and marker = 0 and bucket = ?`);
  const any = db.prepare('select 1 from objects where bucket = ? limit 1');
  const find = (name: string) => {
    const row = one.get(name);
    return row && fromRow(row);
  };
  return {
    all: () => all.all().map(fromRow),
    find,
    usage: () => new Map(usage.all().map((row) => [row.bucket as string, toUsage(row)])),
    usageOf: (name) => toUsage(usageOf.get(name)),
    isEmpty: (name) => any.get(name) === undefined,
    ...writing(db, find),
  };
}

function writing(db: Database, find: BucketRows['find']) {
  const insert = db.prepare('insert into buckets values (?, ?, ?, ?) on conflict do nothing');
  const tags = db.prepare('update buckets set tags = ? where name = ?');
  const configuration = db.prepare('update buckets set conf = ? where name = ?');
  const drops = [
    'delete from objects where bucket = ?',
    'delete from parts where upload in (select id from uploads where bucket = ?)',
    'delete from uploads where bucket = ?',
    'delete from buckets where name = ?',
  ].map((sql) => db.prepare(sql));
  return {
    add: ({ name, createdAt, tags, conf }: BucketRow) =>
      insert.run(name, createdAt, JSON.stringify(tags), JSON.stringify(conf)).changes > 0,
    setTags: (name: string, value: Record<string, string>) => void tags.run(JSON.stringify(value), name),
    configure: (name: string, setting: string, document: string | undefined) => {
      const conf = { ...find(name)?.conf };
      if (document === undefined) delete conf[setting];
      else conf[setting] = document;
      configuration.run(JSON.stringify(conf), name);
    },
    remove: (name: string) => {
      for (const drop of drops) drop.run(name);
    },
  };
}
