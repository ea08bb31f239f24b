import { stat } from 'node:fs/promises';
import { type IncomingMessage, request as send } from 'node:http';
import type { Readable } from 'node:stream';
import { bytesOf, type Client, textOf } from '../api/client.ts';
import { SandboxError } from '../model/errors.ts';
import { openInput } from './payload.ts';

export interface ObjectName {
  bucket: string;
  key: string;
}

/** `bucket/some/key` in its two parts; the key may be empty. */
export function objectName(path: string): ObjectName {
  const [, bucket = '', key = ''] = /^(?:s3:\/\/)?\/*([^/]*)\/*(.*)$/s.exec(path) ?? [];
  if (bucket) return { bucket, key };
  throw new SandboxError('invalid', `${JSON.stringify(path)} names no bucket.`, { hint: 'Write BUCKET/KEY.' });
}

/** Stores a file (`-` is stdin) as an object; answers its size. */
export async function upload(client: Client, file: string, { bucket, key }: ObjectName): Promise<number> {
  const { body, size } = await source(file);
  const url = await client.presign(bucket, key, 'upload').catch((error) => Promise.reject(explained(error, bucket)));
  const answer = await transfer('PUT', url, { body, size });
  answer.resume();
  return size;
}

/** An object's content, as it comes. */
export async function download(client: Client, { bucket, key }: ObjectName): Promise<IncomingMessage> {
  const url = await client.presign(bucket, key, 'download').catch((error) => Promise.reject(explained(error, bucket)));
  return transfer('GET', url, {}, () => `There is no object ${key} in the bucket ${bucket}.`);
}

async function source(file: string): Promise<{ body: Readable | Buffer; size: number }> {
  const body = await openInput(file);
  // S3 wants the length before the content: only of a plain file is it known.
  const found = file === '-' ? undefined : await stat(file);
  if (found?.isFile()) return { body, size: found.size };
  const bytes = await bytesOf(body as AsyncIterable<Buffer>);
  return { body: bytes, size: bytes.length };
}

function explained(error: unknown, bucket: string): unknown {
  if (!(error instanceof SandboxError) || error.code !== 'not-found') return error;
  return new SandboxError('not-found', `There is no bucket ${bucket}.`, {
    hint: 'Buckets come with the services that name them; list them with `oscar-sandbox ls`.',
    cause: error,
  });
}

interface Content {
  body?: Readable | Buffer;
  size?: number;
}

async function transfer(
  method: string,
  url: string,
  content: Content,
  missing?: () => string,
): Promise<IncomingMessage> {
  const answer = await exchange(method, url, content);
  if ((answer.statusCode ?? 0) < 300) return answer;
  const text = await textOf(answer);
  if (answer.statusCode === 404 && missing) {
    throw new SandboxError('not-found', missing(), { hint: 'List the objects with `oscar-sandbox ls BUCKET`.' });
  }
  const said = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? `status ${answer.statusCode}`;
  // What the store cannot do now, as on a full disk, is no fault of the request.
  const code = (answer.statusCode ?? 0) >= 500 ? 'unavailable' : 'rejected';
  throw new SandboxError(code, `The store refused it: ${said}`);
}

function exchange(method: string, url: string, { body, size }: Content): Promise<IncomingMessage> {
  const headers = size === undefined ? {} : { 'Content-Length': size };
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers }, resolve);
    request.on('error', (error) =>
      reject(new SandboxError('unavailable', `The store does not answer: ${error.message}.`)),
    );
    if (body === undefined || Buffer.isBuffer(body)) request.end(body);
    else body.on('error', reject).pipe(request);
  });
}
