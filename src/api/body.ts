import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Payload } from '../model/task.ts';
import { refusal, text } from './answer.ts';

const mebibyte = 2 ** 20;
/** JSON bodies: a definition with its script. */
const jsonLimit = 16 * mebibyte;
/** Bodies of calls stay in memory up to here. */
const memoryLimit = mebibyte;

/** The whole body of a request that should be JSON. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Read to its end also when it is too long: a client that still sends does not listen.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= jsonLimit) chunks.push(chunk);
  }
  if (size <= jsonLimit) return Buffer.concat(chunks);
  throw refusal(
    text(
      413,
      `The body has ${size} bytes; ${jsonLimit} are taken here. Put large data into a bucket, not into the service.`,
    ),
  );
}

/** The body of a call as it came: in memory, or in a new file of `spool` that is then the caller's to remove. */
export async function receive(
  request: IncomingMessage,
  options: { spool: string; durable: boolean },
): Promise<Payload> {
  const parts = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await parts.next();
    if (done) return { bytes: Buffer.concat(chunks) };
    chunks.push(value);
    size += value.length;
    if (size > memoryLimit) return spooled(chunks, parts, options);
  }
}

async function spooled(
  first: Buffer[],
  rest: AsyncIterator<Buffer>,
  { spool, durable }: { spool: string; durable: boolean },
): Promise<Payload> {
  await mkdir(spool, { recursive: true, mode: 0o700 });
  const file = join(spool, randomUUID());
  const out = await open(file, 'wx', 0o600);
  try {
    const start = Buffer.concat(first);
    await out.writeFile(start);
    let size = start.length;
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      await out.writeFile(next.value);
      size += next.value.length;
    }
    if (durable) await out.sync();
    return { file, size };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await out.close();
    if (durable) await syncFolder(spool);
  }
}

/** A new file is only safe once its folder is on disk too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
