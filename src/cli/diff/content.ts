import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { isBinary } from '../sink.ts';

/** What something held, kept in a file. */
export interface Item {
  name: string;
  size: number;
  sha256: string;
  file: string;
}

/** Keeps content in a file, and looks at it on its way there. */
export async function keep(name: string, source: AsyncIterable<Buffer>, file: string): Promise<Item> {
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(
    source,
    async function* (parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        hash.update(part);
        size += part.length;
        yield part;
      }
    },
    createWriteStream(file),
  );
  return { name, size, sha256: hash.digest('hex'), file };
}

/** The SHA-256 of a file. */
export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

const longestText = 256 * 1024;

/** The content as text; undefined when it is not, or is too long to be shown. */
export async function textOf({ size, file }: Item): Promise<string | undefined> {
  if (size > longestText) return undefined;
  const bytes = await readFile(file);
  if (bytes.includes(0) || isBinary(bytes)) return undefined;
  return bytes.toString();
}

const step = 64 * 1024;

/** The place of the first byte, counted from 0, in which two files differ; where the shorter one ends, if it is all of it. */
export async function firstDifference(one: Item, other: Item): Promise<number> {
  const files = await Promise.all([open(one.file), open(other.file)]);
  try {
    for (let at = 0; ; at += step) {
      const [a, b] = await Promise.all(files.map((file) => read(file, at)));
      if (!a || !b || a.length === 0 || b.length === 0) return at;
      if (a.equals(b)) continue;
      const index = a.findIndex((byte, place) => byte !== b[place]);
      return at + (index < 0 ? a.length : index);
    }
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function read(file: Awaited<ReturnType<typeof open>>, at: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(step), 0, step, at);
  return buffer.subarray(0, bytesRead);
}
