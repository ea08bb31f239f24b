import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Answer as CallAnswer, Payload } from '../model/task.ts';

/**
 * What a synchronous caller reads. OSCAR's supervisor: the output as it is, a file or an archive in base64 on one
 * line, each followed by a newline.
 */
export async function* render(head: string, { form, content }: CallAnswer): AsyncGenerator<Buffer | string> {
  if (head) yield head;
  yield* form === 'output' ? bytesOf(content) : base64(bytesOf(content));
  yield '\n';
}

/** The length of that text for content of this size. */
export const renderedSize = (form: CallAnswer['form'], size: number): number =>
  (form === 'output' ? size : Math.ceil(size / 3) * 4) + 1;

/** The type of an answer whose caller named none: text unless bytes are in it that no text has. */
export async function contentTypeOf({ form, content }: CallAnswer): Promise<string> {
  const binary = form === 'output' && (await start(content)).some((byte) => byte < 0x20 && !isTextControl(byte));
  return binary ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}

/** Tab, newline, form feed, return and escape stand in texts too. */
const isTextControl = (byte: number): boolean => [0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);

const sniffed = 512;

async function start(content: Payload): Promise<Buffer> {
  if ('bytes' in content) return content.bytes.subarray(0, sniffed);
  const file = await open(content.file, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffed), 0, sniffed, 0).finally(() => file.close());
  return buffer.subarray(0, bytesRead);
}

async function* bytesOf(content: Payload): AsyncGenerator<Buffer> {
  if ('bytes' in content) yield content.bytes;
  else yield* createReadStream(content.file) as AsyncIterable<Buffer>;
}

/** Base64 of a stream: three bytes at a time, so what is left of a piece waits for the next. */
async function* base64(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let left: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = left.length > 0 ? Buffer.concat([left, piece]) : piece;
    const whole = bytes.length - (bytes.length % 3);
    left = bytes.subarray(whole);
    if (whole > 0) yield bytes.subarray(0, whole).toString('base64');
  }
  if (left.length > 0) yield left.toString('base64');
}
