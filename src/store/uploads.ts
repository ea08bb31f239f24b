import type { Blob } from './blobs.ts';
import type { Database } from './database.ts';
import type { ObjectMeta } from './objects.ts';

/** What the finished object will carry, and which checksum its parts are to bring. */
export interface UploadMeta extends ObjectMeta {
  algorithm?: string;
}

/** An object that is being sent in parts. */
export interface Upload {
  id: string;
  bucket: string;
  key: string;
  meta: UploadMeta;
  createdAt: number;
}

export interface Part {
  upload: string;
  number: number;
  size: number;
  etag: string;
  checksums: Record<string, string>;
  modifiedAt: number;
  blobs: Blob[];
}

/** The uploads in progress and the parts that have arrived. */
export interface Uploads {
  find(id: string): Upload | undefined;
  /** In the order of key and id, from there or, with an id, from after it; read as far as the caller asks. */
  from(start: { bucket: string; key: string; inclusive: boolean; id?: string }): IterableIterator<Upload>;
  parts(upload: string): Part[];
  partsAfter(upload: string, page: { after: number; limit: number }): Part[];
  // Inside a transaction:
  add(upload: Upload): void;
  /** A part of that number that came before is replaced. */
  addPart(part: Part): void;
  /** Removes an upload and its parts. */
  remove(id: string): void;
  /** Removes what was begun before that time and never finished. */
  removeOlder(time: number): void;
}

type Row = Record<string, unknown>;

const toUpload = (row: Row): Upload => ({
  id: row.id as string,
  bucket: row.bucket as string,
  key: row.key as string,
  meta: JSON.parse(row.meta as string) as UploadMeta,
  createdAt: row.created_at as number,
});

const toPart = (row: Row): Part => ({
  upload: row.upload as string,
  number: row.number as number,
  size: row.size as number,
  etag: row.etag as string,
  checksums: JSON.parse(row.checksums as string) as Record<string, string>,
  modifiedAt: row.modified_at as number,
  blobs: JSON.parse(row.blobs as string) as Blob[],
});

export function createUploads(db: Database): Uploads {
  const one = db.prepare('select * from uploads where id = ?');
  const after = db.prepare('select * from uploads where bucket = ? and (key, id) > (?, ?) order by key, id');
  const afterKey = db.prepare('select * from uploads where bucket = ? and key > ? order by key, id');
  const fromKey = db.prepare('select * from uploads where bucket = ? and key >= ? order by key, id');
  const parts = db.prepare('select * from parts where upload = ? order by number');
  const page = db.prepare('select * from parts where upload = ? and number > ? order by number limit ?');
  function* each(rows: IterableIterator<Row>): Generator<Upload> {
    for (const row of rows) yield toUpload(row);
  }
  return {
    find: (id) => {
      const row = one.get(id);
      return row && toUpload(row);
    },
    from: ({ bucket, key, inclusive, id }) => {
      if (id !== undefined) return each(after.iterate(bucket, key, id));
      return each((inclusive ? fromKey : afterKey).iterate(bucket, key));
    },
    parts: (upload) => parts.all(upload).map(toPart),
    partsAfter: (upload, { after, limit }) => page.all(upload, after, limit).map(toPart),
    ...writing(db),
  };
}

function writing(db: Database): Pick<Uploads, 'add' | 'addPart' | 'remove' | 'removeOlder'> {
  const insert = db.prepare('insert into uploads values (@id, @bucket, @key, @meta, @createdAt)');
  // Not `insert or replace`: that would pass the counting of blobs by.
  const dropPart = db.prepare('delete from parts where upload = ? and number = ?');
  const insertPart = db.prepare(
    'insert into parts values (@upload, @number, @size, @etag, @checksums, @modifiedAt, @blobs)',
  );
  const dropParts = db.prepare('delete from parts where upload = ?');
  const drop = db.prepare('delete from uploads where id = ?');
  const dropOldParts = db.prepare('delete from parts where upload in (select id from uploads where created_at < ?)');
  const dropOld = db.prepare('delete from uploads where created_at < ?');
  return {
    add: (upload) => void insert.run({ ...upload, meta: JSON.stringify(upload.meta) }),
    addPart: (part) => {
      dropPart.run(part.upload, part.number);
      insertPart.run({ ...part, checksums: JSON.stringify(part.checksums), blobs: JSON.stringify(part.blobs) });
    },
    remove: (id) => {
      dropParts.run(id);
      drop.run(id);
    },
    removeOlder: (time) => {
      dropOldParts.run(time);
      dropOld.run(time);
    },
  };
}
