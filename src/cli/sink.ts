import { createWriteStream } from 'node:fs';
import { realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder, whyNot } from '../daemon/datafolder.ts';
import { SandboxError } from '../model/errors.ts';
import { statIfThere } from './files.ts';
import type { Output } from './output.ts';

/** Writes a file, whole or not at all; answers its size. A device or a pipe gets the bytes as they come. */
export async function intoFile(file: string, source: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  const counted = async function* () {
    for await (const bytes of source) {
      size += bytes.length;
      yield bytes;
    }
  };
  const there = await statIfThere(file);
  if (there && !there.isFile() && !there.isDirectory()) {
    await pipeline(counted, createWriteStream(file)).catch((error) => Promise.reject(fileError(file, error)));
  } else {
    // What a link names is written, and not the link replaced.
    await wholeOrNot(there ? await realpath(file) : file, counted);
  }
  return size;
}

/** Writes a file and the folders above it; whole or not at all. */
export const writeWhole = (file: string, content: Buffer | string): Promise<void> =>
  wholeOrNot(file, [Buffer.from(content)]);

async function wholeOrNot(file: string, content: Iterable<Buffer> | (() => AsyncIterable<Buffer>)): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await makeFolder(dirname(file));
    await pipeline(content, createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await removeIfThere(part);
    throw fileError(file, error);
  }
}

/** That it cannot be looked for means that it was never made. */
const removeIfThere = (file: string): Promise<void> => rm(file, { force: true }).catch(() => undefined);

const unwritable = ['EACCES', 'EPERM', 'EISDIR', 'ENOSPC', 'ENOTDIR', 'EROFS', 'EEXIST', 'ENOENT', 'ENAMETOOLONG'];

function fileError(file: string, error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof SandboxError || !unwritable.includes(code)) return error;
  return new SandboxError('invalid', `${file} cannot be written: ${whyNot(error)}.`, {
    hint: 'Choose another place.',
    cause: error,
  });
}

/** Writes to stdout; what is no text is kept from a terminal. */
export async function intoStdout(out: Output, source: AsyncIterable<Buffer>, hint: string): Promise<void> {
  let last = 0;
  let first = true;
  for await (const bytes of source) {
    if (first && out.terminal && isBinary(bytes)) {
      throw new SandboxError('invalid', 'The answer is not text, so it is not shown on the terminal.', { hint });
    }
    first &&= bytes.length === 0;
    last = bytes.at(-1) ?? last;
    await out.raw(bytes);
  }
  // A prompt belongs on a line of its own; a file or a pipe gets the very bytes.
  if (out.terminal && !first && last !== 0x0a) await out.raw('\n');
}

/** Bytes as JSON can hold them. */
export const inJson = (bytes: Buffer): { text: string } | { base64: string } =>
  isBinary(bytes) ? { base64: bytes.toString('base64') } : { text: bytes.toString() };

/** Is this the beginning of something else than text? */
export function isBinary(bytes: Uint8Array): boolean {
  const beginning = bytes.subarray(0, 8000);
  if (beginning.includes(0)) return true;
  try {
    // `stream`: a sign may go on behind the end.
    new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: true });
    return false;
  } catch {
    return true;
  }
}
