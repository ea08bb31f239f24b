import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Settings } from '../config.ts';
import { SandboxError } from '../model/errors.ts';
import { statIfThere } from './files.ts';

/** What `--input` and `--file` say, in base64 as OSCAR's clients send it: so nothing is taken for something else. */
export async function payload(settings: Settings): Promise<Readable> {
  const text = settings.text('input');
  const file = settings.text('file');
  if (text !== undefined && file !== undefined) {
    throw new SandboxError('invalid', 'Both --input and --file were given.', { hint: 'Give one of them.' });
  }
  if (file === undefined) return Readable.from([Buffer.from(text ?? '').toString('base64')]);
  return Readable.from(base64(await openInput(file)));
}

/** A file for reading, or stdin where the name is `-`. */
export async function openInput(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  const found = await statIfThere(file);
  if (found?.isFile() || found?.isFIFO() || found?.isCharacterDevice()) return createReadStream(file);
  throw new SandboxError('invalid', found ? `${file} is not a file.` : `There is no file ${file}.`);
}

/** Bytes as a base64 text that comes in parts. */
export async function* base64(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const part of source) {
    const bytes = Buffer.concat([rest, part]);
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    if (whole > 0) yield bytes.toString('base64', 0, whole);
  }
  if (rest.length > 0) yield rest.toString('base64');
}

/** The bytes of a base64 text that comes in parts. */
export async function* decoded(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const part of source) {
    const text = rest + part.toString('latin1').replace(/\s+/g, '');
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    yield Buffer.from(text.slice(0, whole), 'base64');
  }
  if (rest) yield Buffer.from(rest, 'base64');
}
