import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { SandboxError } from '../../../model/errors.ts';

/** A file in an archive. */
export interface Entry {
  name: string;
  /** As of a Unix file; 0 when the archive does not say. */
  mode: number;
  bytes(): Buffer;
}

const endMark = 0x06054b50;
const entryMark = 0x02014b50;

/** The files of a ZIP archive, by its own directory. */
export function zipEntries(archive: Buffer): Entry[] {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || archive.readUInt32LE(end) !== endMark) throw broken('it has no directory');
  const count = archive.readUInt16LE(end + 10);
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (archive.readUInt32LE(at) !== entryMark) throw broken('its directory is damaged');
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const name = archive.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    if (!name.endsWith('/')) entries.push(entryAt(archive, at, name));
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
}

function entryAt(archive: Buffer, at: number, name: string): Entry {
  const method = archive.readUInt16LE(at + 10);
  const size = archive.readUInt32LE(at + 20);
  const local = archive.readUInt32LE(at + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + size);
  return {
    name,
    mode: archive.readUInt32LE(at + 38) >>> 16,
    bytes: () => {
      if (method === 0) return packed;
      if (method === 8) return inflateRawSync(packed);
      throw broken(`${name} is packed in a way that is not known (${method})`);
    },
  };
}

/** Unpacks into a folder; the first folder of the names is left out when all are in it. */
export async function unzip(archive: Buffer, folder: string): Promise<void> {
  const entries = zipEntries(archive);
  const [first = ''] = (entries[0]?.name ?? '').split('/');
  const within = entries.every(({ name }) => name.startsWith(`${first}/`)) ? first.length + 1 : 0;
  for (const { name, mode, bytes } of entries) {
    const path = normalize(name.slice(within));
    if (path.startsWith('..') || path.startsWith('/')) throw broken(`${name} lies outside`);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes(), { mode: mode & 0o777 || 0o755 });
  }
}

const broken = (why: string) =>
  new SandboxError('unavailable', `An archive that was fetched cannot be unpacked: ${why}.`, {
    hint: 'Remove it from the data folder and start again.',
  });
