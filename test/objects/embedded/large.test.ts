import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, CreateMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presignedUrl } from '../../../src/objects/embedded/signing/link.ts';
import { clientOf, keys } from './world.ts';

const mebibyte = 1024 * 1024;
/** Megabytes; an idle store takes about 90. */
const mostMemory = 260;
const Bucket = 'large';
const piece = Buffer.alloc(mebibyte, 'some content that is long, as it comes again and again; ');

let child: ChildProcess;
let url: string;
let s3: S3Client;
beforeAll(async () => {
  child = spawn(process.execPath, [join(import.meta.dirname, 'alone.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = child.stdout ? await once(child.stdout, 'data') : [];
  url = String(line).trim();
  s3 = clientOf(url);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  s3.destroy();
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
});

function* content(mebibytes: number) {
  for (let n = 0; n < mebibytes; n += 1) yield piece;
}

function link(method: string, key: string, query: Record<string, string> = {}): string {
  const options = { method, bucket: Bucket, key, query, endpoint: url, region: 'us-east-1', ...keys };
  return presignedUrl({ ...options, headers: {}, expiresSeconds: 600, now: Date.now() });
}

/** Sends so much content, made as it is sent; answers the ETag. */
async function send(address: string, mebibytes: number): Promise<string> {
  const put = request(address, { method: 'PUT', headers: { 'content-length': mebibytes * mebibyte } });
  const answered = once(put, 'response');
  Readable.from(content(mebibytes)).pipe(put);
  const [answer] = await answered;
  await buffer(answer);
  expect(answer.statusCode).toBe(200);
  return answer.headers.etag.replaceAll('"', '');
}

/** Reads an object to its end, compares it with what was sent, and answers how long it is. */
async function read(key: string): Promise<number> {
  const [answer] = await once(request(link('GET', key)).end(), 'response');
  let size = 0;
  for await (const bytes of answer) {
    for (let at = 0; at < bytes.length; ) {
      const expected = piece.subarray(size % mebibyte, (size % mebibyte) + bytes.length - at);
      if (!expected.equals(bytes.subarray(at, at + expected.length))) throw new Error(`It differs behind ${size}.`);
      at += expected.length;
      size += expected.length;
    }
  }
  return size;
}

/** The most memory that the store ever had, in megabytes. */
const peak = (): number =>
  Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;

// Only Linux tells of another process what its memory was at most.
describe.skipIf(process.platform !== 'linux')('the memory of the store stays flat', { timeout: 120_000 }, () => {
  it('while 1 GiB comes in one piece, and leaves again', async () => {
    await send(link('PUT', 'whole'), 1024);
    expect(await read('whole')).toBe(1024 * mebibyte);
    expect(peak()).toBeLessThan(mostMemory);
  });

  it('while 512 MiB come in parts, four at a time', async () => {
    const Key = 'parts';
    const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const numbers = Array.from({ length: 32 }, (_, index) => index + 1);
    const etags: string[] = [];
    const waiting = numbers.values();
    const lane = async () => {
      for (const number of waiting) {
        etags[number] = await send(link('PUT', Key, { uploadId: UploadId, partNumber: `${number}` }), 16);
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    const parts = numbers.map((n) => `<Part><PartNumber>${n}</PartNumber><ETag>${etags[n]}</ETag></Part>`).join('');
    const body = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
    expect((await fetch(link('POST', Key, { uploadId: UploadId }), { method: 'POST', body })).status).toBe(200);
    expect(await read(Key)).toBe(512 * mebibyte);
    expect(peak()).toBeLessThan(mostMemory);
  });
});
