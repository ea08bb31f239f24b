import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlobFiles, createBlobFiles } from '../../../../src/objects/embedded/content/blobs.ts';
import { type Blob, type Blobs, createBlobs } from '../../../../src/store/blobs.ts';
import { type Database, openDatabase } from '../../../../src/store/database.ts';

let folder: string;
const background: Promise<unknown>[] = [];
let db: Database;
let blobs: Blobs;
let files: BlobFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  db = openDatabase(':memory:');
  blobs = createBlobs(db);
  files = await createBlobFiles(folder, blobs, (work) => void background.push(work));
});
afterEach(async () => {
  await Promise.all(background);
  await db.close();
  await rm(folder, { recursive: true, force: true });
});

async function* chunks(content: Buffer, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

const content = (size: number) => Buffer.alloc(size, 'the quick brown fox ');
const stored = async () =>
  (await readdir(join(folder, 'blobs'), { recursive: true })).filter((name) => name.length > 2);

async function keep(bytes: Buffer, chunk = 64 * 1024): Promise<Blob> {
  const written = await files.write(chunks(bytes, chunk));
  await db.write(() => blobs.add(written.blob, written.bytes));
  return written.blob;
}

describe('the bytes of objects', () => {
  it.each([0, 1, 16 * 1024, 16 * 1024 + 1, 1024 * 1024, 5_000_000])(
    'come back as they came: %i of them',
    async (size) => {
      const blob = await keep(content(size));
      expect(blob.size).toBe(size);
      expect((await buffer(files.read([blob]))).equals(content(size))).toBe(true);
      expect(await stored()).toHaveLength(size > 16 * 1024 ? 1 : 0);
      expect(await readdir(join(folder, 'temporary'))).toEqual([]);
    },
  );

  it.each([
    { from: 0, to: 0 },
    { from: 5, to: 99_999 },
    { from: 99_999, to: 100_000 },
    { from: 100_000, to: 100_009 },
    { from: 99_990, to: 100_020 },
    { from: 100_010, to: 200_009 },
  ])('are cut out across pieces: $from to $to', async (span) => {
    const pieces = [await keep(content(100_000)), await keep(Buffer.from('0123456789')), await keep(content(100_000))];
    const whole = Buffer.concat([content(100_000), Buffer.from('0123456789'), content(100_000)]);
    const cut = await buffer(files.read(pieces, span));
    expect(cut.equals(whole.subarray(span.from, span.to + 1))).toBe(true);
  });

  it('leave nothing when the source breaks off', async () => {
    async function* broken() {
      yield content(3_000_000);
      throw new Error('the line went dead');
    }
    await expect(files.write(broken())).rejects.toThrow('the line went dead');
    expect(await stored()).toEqual([]);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('can be read to the end although they were dropped', async () => {
    const pieces = [await keep(content(2_000_000)), await keep(content(3_000_000))];
    const reading = files.read(pieces);
    await files.drop(pieces.map((piece) => piece.id));
    expect(await buffer(reading)).toHaveLength(5_000_000);
    await expect.poll(stored).toEqual([]);
  });

  it('are swept away at the start when nothing knows them', async () => {
    const known = await keep(content(100_000));
    const orphan = await files.write(chunks(content(100_000), 1000));
    await writeFile(join(folder, 'temporary', 'half'), 'half an upl');
    await (await files.sweep()).done;
    expect((await stored()).map((path) => path.slice(3))).toEqual([known.id]);
    expect(orphan.blob.id).not.toBe(known.id);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });
});
