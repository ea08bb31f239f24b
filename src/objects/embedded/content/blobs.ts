import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Blob, Blobs } from '../../../store/blobs.ts';
import { createPins } from './pins.ts';
import { createShelves } from './shelves.ts';

/** Content that is safely stored but that nothing refers to yet: `bytes` when it is small enough for the database. */
export interface Content {
  blob: Blob;
  bytes?: Buffer;
}

/** Which bytes of the whole, both ends included. */
export interface Span {
  from: number;
  to: number;
}

/** The bytes of all objects: pieces that are written once, read many times, and dropped. */
export interface BlobFiles {
  /** Takes in everything that the source gives; when this resolves a large piece is on disk. A failure leaves nothing. */
  write(source: AsyncIterable<Buffer>): Promise<Content>;
  /** The bytes of these pieces in order. They stay readable until the stream is closed, whatever is dropped meanwhile. */
  read(pieces: Blob[], span?: Span): Readable;
  /** Unlinks the files of these pieces, of those being read when that ends. */
  drop(ids: string[]): Promise<void>;
  /** Removes what an earlier run left behind; answers when the list is taken, `done` when it is worked off. */
  sweep(): Promise<{ done: Promise<void> }>;
}

/** Up to this size a piece lives in the database: it needs no file, no rename and no fsync of its own. */
const smallest = 16 * 1024;
/** How much is gathered before it is written. */
const batch = 512 * 1024;

/**
 * Keeps content below `folder`, under random names: what clients call their objects never becomes a path.
 * `inBackground` is handed what nobody waits for.
 */
export async function createBlobFiles(
  folder: string,
  blobs: Blobs,
  inBackground: (work: Promise<unknown>) => void,
): Promise<BlobFiles> {
  const temporary = join(folder, 'temporary');
  const root = join(folder, 'blobs');
  await mkdir(temporary, { recursive: true });
  await mkdir(root, { recursive: true });
  const pathOf = (id: string) => join(root, id.slice(0, 2), id);
  const reading = createPins();
  const shelves = createShelves(root);

  const unlink = (ids: string[]) => Promise.all(ids.map((id) => rm(pathOf(id), { force: true })));

  return {
    write: async (source) => {
      const id = randomBytes(16).toString('hex');
      const temp = join(temporary, id);
      const taken = await take(source, temp);
      if (taken.bytes) return { blob: { id, size: taken.size }, bytes: taken.bytes };
      const shelf = await shelves.get(id.slice(0, 2));
      await rename(temp, pathOf(id));
      await shelf.sync();
      return { blob: { id, size: taken.size } };
    },
    read: (pieces, span) => {
      const unpin = reading.pin(pieces.map((piece) => piece.id));
      const small = new Map<string, Buffer | undefined>();
      for (const { id, size } of pieces) if (size <= smallest) small.set(id, blobs.content(id));
      const stream = Readable.from(
        slices(pieces, span, (id) => small.get(id) ?? pathOf(id)),
        { objectMode: false },
      );
      stream.once('close', () => {
        const dropped = unpin();
        if (dropped.length > 0) inBackground(unlink(dropped));
      });
      return stream;
    },
    drop: async (ids) => void (await unlink(reading.free(ids))),
    sweep: async () => {
      for (const name of await readdir(temporary)) await rm(join(temporary, name), { force: true });
      const names = await Promise.all((await readdir(root)).map((shelf) => readdir(join(root, shelf))));
      return { done: removeUnknown(names.flat(), blobs, unlink) };
    },
  };
}

/** Reads the source to its end: small content is answered, large content is in the file, synced. */
async function take(source: AsyncIterable<Buffer>, file: string): Promise<{ size: number; bytes?: Buffer }> {
  let gathered: Buffer[] = [];
  let waiting = 0;
  let size = 0;
  let handle: FileHandle | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const chunk of source) {
      gathered.push(chunk);
      waiting += chunk.length;
      size += chunk.length;
      if (waiting < (handle ? batch : smallest + 1)) continue;
      // One batch is written while the next one is gathered: memory stays flat and neither side waits long.
      await writing;
      handle ??= await open(file, 'wx');
      writing = writeAll(handle, gathered);
      writing.catch(() => undefined);
      gathered = [];
      waiting = 0;
    }
    await writing;
    if (!handle) return { size, bytes: Buffer.concat(gathered) };
    if (waiting > 0) await writeAll(handle, gathered);
    await handle.sync();
    return { size };
  } catch (error) {
    await writing.catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle?.close();
  }
}

async function writeAll(handle: FileHandle, chunks: Buffer[]): Promise<void> {
  let left = chunks;
  while (left.length > 0) left = unwritten(left, (await handle.writev(left)).bytesWritten);
}

/** What is left of the chunks once so many bytes are written. */
function unwritten(chunks: Buffer[], written: number): Buffer[] {
  let skip = written;
  return chunks.flatMap((chunk) => {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}

/** The part of each piece that lies in the span, from memory or from its file. */
async function* slices(
  pieces: Blob[],
  span: Span | undefined,
  place: (id: string) => Buffer | string,
): AsyncGenerator<Buffer> {
  let offset = 0;
  for (const { id, size } of pieces) {
    const from = Math.max((span?.from ?? 0) - offset, 0);
    const to = Math.min((span?.to ?? Number.MAX_SAFE_INTEGER) - offset, size - 1);
    offset += size;
    if (from > to) continue;
    const where = place(id);
    if (typeof where !== 'string') yield where.subarray(from, to + 1);
    else yield* createReadStream(where, { start: from, end: to, highWaterMark: 256 * 1024 });
  }
}

async function removeUnknown(names: string[], blobs: Blobs, unlink: (ids: string[]) => Promise<unknown>) {
  for (let at = 0; at < names.length; at += 1000) {
    await unlink(names.slice(at, at + 1000).filter((name) => !blobs.has(name)));
    // Whoever waits for an answer comes first.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
