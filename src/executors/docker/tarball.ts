import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, extract, Parser, type ReadEntry } from 'tar';

/** Packs one entry of a folder, so that it is unpacked below a path. */
export const pack = (folder: string, name: string, below: string): Readable =>
  Readable.from(create({ cwd: folder, prefix: below }, [name]));

type Skipped = (name: string, why: string) => void;

/**
 * Unpacks what a container sent, which nobody vouches for, into a folder: files, folders, and links that stay within
 * `top`, the one folder at its root.
 */
export async function unpack(tar: Readable, folder: string, { top, onSkip }: { top: string; onSkip: Skipped }) {
  const filter = (path: string, entry: unknown): boolean => {
    const why = objection(path, entry as ReadEntry, top);
    if (why) onSkip(posix.relative(top, path), why);
    return !why;
  };
  await pipeline(tar, extract({ cwd: folder, filter, preserveOwner: false, noMtime: true, umask: 0o077 }));
}

function objection(path: string, { type, linkpath = '' }: ReadEntry, top: string): string | undefined {
  const isWithin = (target: string) => {
    const normal = posix.normalize(target);
    return normal.startsWith(`${top}/`) && !posix.isAbsolute(target);
  };
  const at = posix.normalize(path).replace(/\/$/, '');
  if (at !== top && !isWithin(path)) return 'it is outside the output folder';
  if (['File', 'OldFile', 'ContiguousFile', 'Directory', 'GNUDumpDir'].includes(type)) return undefined;
  if (type === 'Link') return isWithin(linkpath) ? undefined : 'it links to a file outside the output folder';
  if (type !== 'SymbolicLink') return 'it is no regular file';
  const target = posix.isAbsolute(linkpath) ? linkpath : posix.join(posix.dirname(at), linkpath);
  return isWithin(target) ? undefined : 'it links to a file outside the output folder';
}

/** Nobody reads further: what sends it may have no end. */
const LONGEST = 2 ** 20;

/** The text of the first file in a tar, as far as it is read. */
export async function readFirst(tar: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  const full = new AbortController();
  let [taken, size] = [false, 0];
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size <= LONGEST + chunk.length) chunks.push(chunk);
    if (size >= LONGEST) full.abort();
  };
  const parser = new Parser({
    onReadEntry: (entry) => {
      if (!taken) entry.on('data', take);
      else entry.resume();
      taken = true;
    },
  });
  await pipeline(tar, parser, { signal: full.signal }).catch((error: unknown) => {
    if (!full.signal.aborted) throw error;
  });
  return Buffer.concat(chunks).subarray(0, LONGEST).toString();
}
