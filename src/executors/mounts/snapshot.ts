import { createHash } from 'node:crypto';
import { closeSync, constants, createReadStream, createWriteStream, fstatSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Payload } from '../../model/task.ts';
import { type Held, Moved } from '../held.ts';
import { within } from './held.ts';
import { type FileMark, isSame, markOf } from './tree.ts';

/** Files up to this size are read at once. */
const small = 256 * 1024;

/** A file's content at one moment. */
export interface Snapshot {
  payload: Payload;
  /** Hexadecimal; when it was asked for. */
  md5: string | undefined;
  drop(): Promise<void>;
}

export interface SnapshotOptions {
  path: string;
  /** How the file looked: throws `Moved` unless it looks so before and after it was read. */
  mark: FileMark;
  /** A path where nothing is, for a copy of a large file. */
  copy: string;
  hash: boolean;
}

/** Reads a file below the top: a whole one, and nothing that a link in its place leads to. */
export async function takeSnapshot(top: Held, { path, mark, copy, hash }: SnapshotOptions): Promise<Snapshot> {
  // Without O_NONBLOCK a pipe in its place would be waited for without end.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const fd = within(top, { path }, (folder, name) => openSync(folder.at(name), flags));
  const check = () => {
    const stats = fstatSync(fd);
    if (!stats.isFile() || !isSame(markOf(stats), mark)) throw new Moved(`${path} is being written`);
  };
  const drop = () => rm(copy, { force: true });
  try {
    check();
    const md5 = hash ? createHash('md5') : undefined;
    const payload = mark.size <= small ? { bytes: readFileSync(fd) } : await copyTo(copy, { fd, size: mark.size, md5 });
    check();
    if ('bytes' in payload) md5?.update(payload.bytes);
    return { payload, md5: md5?.digest('hex'), drop };
  } catch (error) {
    await drop();
    throw error;
  } finally {
    closeSync(fd);
  }
}

interface Copied {
  fd: number;
  size: number;
  md5: ReturnType<typeof createHash> | undefined;
}

async function copyTo(copy: string, { fd, size, md5 }: Copied): Promise<Payload> {
  const source = createReadStream('', { fd, autoClose: false, start: 0, end: size - 1, highWaterMark: small });
  source.on('data', (chunk) => void md5?.update(chunk));
  await pipeline(source, createWriteStream(copy, { flags: 'wx', mode: 0o600 }));
  return { file: copy, size };
}
