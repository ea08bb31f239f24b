import type { Database } from './database.ts';

/** A piece of an object's content, by the name under which it is kept. */
export interface Blob {
  id: string;
  size: number;
}

/** Which pieces of content exist, and whether anything still refers to them. */
export interface Blobs {
  /** Inside a transaction: announces a piece, with its bytes when they are small enough to be kept here. */
  add(blob: Blob, content?: Buffer): void;
  /** The bytes of a piece that is kept here. */
  content(id: string): Buffer | undefined;
  /**
   * Inside a transaction: forgets every piece that no object, part or event refers to, and answers the names of those
   * that may have a file. Unlink the files once the transaction is on disk.
   */
  collect(): string[];
  has(id: string): boolean;
  /** Inside a transaction: lets go of the versions that these events were about. */
  release(eventIds: string[]): void;
  /** The bytes that only events still refer to. */
  heldBytes(): number;
}

export function createBlobs(db: Database): Blobs {
  const insert = db.prepare('insert into blobs (id, size, content) values (?, ?, ?)');
  const content = db.prepare('select content from blobs where id = ?');
  const known = db.prepare('select 1 from blobs where id = ?');
  const free = db.prepare(
    'delete from blobs where objects = 0 and events = 0 returning id, content is not null as kept_here',
  );
  const forget = db.prepare('update events set blobs = null where id = ?');
  const held = db.prepare('select coalesce(sum(size), 0) as bytes from blobs where objects = 0 and events > 0');
  return {
    add: (blob, bytes) => void insert.run(blob.id, blob.size, bytes ?? null),
    content: (id) => (content.get(id)?.content as Buffer | null | undefined) ?? undefined,
    collect: () =>
      free
        .all()
        .filter((row) => row.kept_here === 0)
        .map((row) => row.id as string),
    has: (id) => known.get(id) !== undefined,
    release: (eventIds) => {
      for (const id of eventIds) forget.run(id);
    },
    heldBytes: () => held.get()?.bytes as number,
  };
}
