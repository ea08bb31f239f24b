import type { Blob } from './blobs.ts';
import type { Database } from './database.ts';

/** What is kept beside an object's bytes. */
export interface ObjectMeta {
  /** Headers that are sent back as they came: `content-type`, `cache-control`, `x-amz-meta-…`, in lower case. */
  headers: Record<string, string>;
  tags?: Record<string, string>;
  /** Base64, by algorithm: `crc32`, `sha256`, … */
  checksums?: Record<string, string>;
  checksumType?: 'FULL_OBJECT' | 'COMPOSITE';
  /** The sizes and checksums of the parts it was uploaded in. */
  parts?: { number: number; size: number; checksums: Record<string, string> }[];
  /** The upload that made it: a client that asks twice to complete it gets the same answer. */
  upload?: string;
}

export interface ObjectVersion {
  bucket: string;
  key: string;
  /** `null` for the version that was written without versioning. */
  version: string;
  seq: number;
  latest: boolean;
  /** A delete marker: it has no content. */
  marker: boolean;
  size: number;
  etag: string;
  modifiedAt: number;
  meta: ObjectMeta;
  blobs: Blob[];
}

/** Where a listing starts; `seq` goes on within a key's versions, newest first. */
export interface From {
  bucket: string;
  key: string;
  inclusive: boolean;
  seq?: number;
}

/** The versions of all objects in the embedded store. */
export interface Objects {
  /** The newest version, which may be a delete marker. */
  newest(bucket: string, key: string): ObjectVersion | undefined;
  version(bucket: string, key: string, version: string): ObjectVersion | undefined;
  /** Current objects in key order, read as far as the caller asks. Nothing may be written meanwhile. */
  current(from: From): IterableIterator<ObjectVersion>;
  /** Versions and delete markers in key order, newest first. Nothing may be written meanwhile. */
  versions(from: From): Generator<ObjectVersion>;
  // Inside a transaction:
  /** The next number in the order of all that happens: close to microseconds, never the same twice. */
  nextSeq(now: number): number;
  /** Adds a version that becomes the newest one; the `null` version takes the place of an earlier one. */
  add(object: Omit<ObjectVersion, 'latest'>): void;
  /** Removes one version; the newest one left becomes the current. */
  remove(object: ObjectVersion): void;
  setMeta(object: ObjectVersion): void;
}

type Row = Record<string, unknown>;

const fromRow = (row: Row): ObjectVersion => ({
  bucket: row.bucket as string,
  key: row.key as string,
  version: row.version as string,
  seq: row.seq as number,
  latest: row.latest === 1,
  marker: row.marker === 1,
  size: row.size as number,
  etag: row.etag as string,
  modifiedAt: row.modified_at as number,
  meta: JSON.parse(row.meta as string) as ObjectMeta,
  blobs: JSON.parse(row.blobs as string) as Blob[],
});

const optional = (row: Row | undefined): ObjectVersion | undefined => row && fromRow(row);

export function createObjects(db: Database): Objects {
  const newest = db.prepare('select * from objects where bucket = ? and key = ? order by seq desc limit 1');
  const version = db.prepare('select * from objects where bucket = ? and key = ? and version = ?');
  return {
    newest: (bucket, key) => optional(newest.get(bucket, key)),
    version: (bucket, key, id) => optional(version.get(bucket, key, id)),
    ...scanning(db),
    ...writing(db),
  };
}

function scanning(db: Database): Pick<Objects, 'current' | 'versions'> {
  const current = (compare: string) =>
    db.prepare(
      `select * from objects where bucket = ? and key ${compare} ? and latest = 1 and marker = 0 order by key`,
    );
  const versions = (compare: string) =>
    db.prepare(`select * from objects where bucket = ? and key ${compare} ? order by key, seq desc`);
  const [currentFrom, currentAfter] = [current('>='), current('>')];
  const [versionsFrom, versionsAfter] = [versions('>='), versions('>')];
  const rest = db.prepare('select * from objects where bucket = ? and key = ? and seq < ? order by seq desc');

  function* each(rows: IterableIterator<Row>): Generator<ObjectVersion> {
    for (const row of rows) yield fromRow(row);
  }
  return {
    current: ({ bucket, key, inclusive }) => each((inclusive ? currentFrom : currentAfter).iterate(bucket, key)),
    versions: function* ({ bucket, key, inclusive, seq }) {
      if (seq !== undefined) yield* each(rest.iterate(bucket, key, seq));
      const onlyAfter = seq !== undefined || !inclusive;
      yield* each((onlyAfter ? versionsAfter : versionsFrom).iterate(bucket, key));
    },
  };
}

function writing(db: Database): Pick<Objects, 'nextSeq' | 'add' | 'remove' | 'setMeta'> {
  const next = db.prepare('update sequence set last = max(last + 1, ?) returning last');
  const dropNull = db.prepare(`delete from objects where bucket = ? and key = ? and version = 'null'`);
  const newest = '(select seq from objects where bucket = ? and key = ? order by seq desc limit 1)';
  const demote = db.prepare(`update objects set latest = 0 where seq = ${newest}`);
  const insert = db.prepare(
    `insert into objects (seq, bucket, key, version, latest, marker, size, etag, modified_at, meta, blobs)
     values (@seq, @bucket, @key, @version, 1, @marker, @size, @etag, @modifiedAt, @meta, @blobs)`,
  );
  const drop = db.prepare('delete from objects where seq = ?');
  const promote = db.prepare(`update objects set latest = 1 where seq = ${newest}`);
  const meta = db.prepare('update objects set meta = ? where seq = ?');
  return {
    nextSeq: (now) => next.get(now * 1000)?.last as number,
    add: (object) => {
      const { bucket, key } = object;
      if (object.version === 'null') dropNull.run(bucket, key);
      demote.run(bucket, key);
      insert.run({
        ...object,
        marker: object.marker ? 1 : 0,
        meta: JSON.stringify(object.meta),
        blobs: JSON.stringify(object.blobs),
      });
    },
    remove: ({ bucket, key, seq, latest }) => {
      drop.run(seq);
      if (latest) promote.run(bucket, key);
    },
    setMeta: (object) => void meta.run(JSON.stringify(object.meta), object.seq),
  };
}
