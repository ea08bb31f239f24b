import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SandboxError } from '../model/errors.ts';
import type { Output } from './output.ts';

/** Writes a file, whole or not at all; answers its size. */
export async function intoFile(file: string, source: AsyncIterable<Buffer>): Promise<number> {
  const part = `${file}.${process.pid}.part`;
  let size = 0;
  const counted = async function* () {
    for await (const bytes of source) {
      size += bytes.length;
      yield bytes;
    }
  };
  try {
    await mkdir(dirname(file), { recursive: true });
    await pipeline(counted, createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw fileError(file, error);
  }
  return size;
}

function fileError(file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (
    error instanceof SandboxError ||
    !['EACCES', 'EISDIR', 'ENOSPC', 'ENOTDIR', 'EROFS', 'EEXIST'].includes(code ?? '')
  )
    return error;
  return new SandboxError('invalid', `${file} cannot be written: ${code}.`, { cause: error });
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
