import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axiosOf, page } from './axios.ts';
import type { PageInit } from './page.ts';
import { endedJobs, startPlace } from './place.ts';

const place = startPlace();
const { call, read, said } = axiosOf(place);

describe('a page of another origin that knows the keys', () => {
  let s3: S3Client;
  beforeAll(async () => {
    const { minio_provider } = (await read('/system/config')) as { minio_provider: Record<string, string> };
    const { endpoint = '', region = '', access_key = '', secret_key = '' } = minio_provider;
    s3 = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: access_key, secretAccessKey: secret_key },
      requestHandler: handler,
    });
    const bucket = { bucket_name: 'paged', visibility: 'private', allowed_users: [] };
    expect(await said('/system/buckets', { method: 'POST', json: bucket })).toBe('201');
  });
  afterAll(() => s3?.destroy());

  const put = (Key: string, Body: string | Uint8Array, ContentType?: string) =>
    s3.send(new PutObjectCommand({ Bucket: 'paged', Key, Body, ContentType }));
  const list = (more: object = {}) => s3.send(new ListObjectsV2Command({ Bucket: 'paged', ...more }));

  it('finds the buckets of both lists by their names', async () => {
    const listed = JSON.parse((await call('/system/buckets')).text) as { bucket_name: string }[];
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    const names = Buckets.map(({ Name }) => Name).sort();
    expect(names).toEqual(expect.arrayContaining(['paged', 'upper']));
    expect(names).toEqual(listed.map(({ bucket_name }) => bucket_name).sort());
  });

  it('makes a folder, uploads into it, browses and downloads', async () => {
    await put('new folder/', new Uint8Array());
    const stored = await put('new folder/a ü+.png', Buffer.from('picture'), 'image/png');
    expect(stored.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    const top = await list({ Delimiter: '/', Prefix: '' });
    expect(top.CommonPrefixes).toEqual([{ Prefix: 'new folder/' }]);
    const inside = await list({ Delimiter: '/', Prefix: 'new folder/' });
    expect(inside.Contents?.map(({ Key }) => Key)).toEqual(['new folder/', 'new folder/a ü+.png']);
    const got = await s3.send(new GetObjectCommand({ Bucket: 'paged', Key: 'new folder/a ü+.png' }));
    expect([got.ContentType, got.ETag, await got.Body?.transformToString()]).toEqual([
      'image/png',
      stored.ETag,
      'picture',
    ]);
  });

  it('collects a folder page by page for its zip, and deletes what is in it', async () => {
    for (let i = 0; i < 5; i += 1) await put(`zip/${i}`, `${i}`);
    const keys: string[] = [];
    for (let token: string | undefined; ; ) {
      const found = await list({ Prefix: 'zip/', MaxKeys: 2, ContinuationToken: token });
      keys.push(...(found.Contents ?? []).map(({ Key = '' }) => Key));
      token = found.NextContinuationToken;
      if (!token) break;
    }
    expect(keys).toEqual(['zip/0', 'zip/1', 'zip/2', 'zip/3', 'zip/4']);
    for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: 'paged', Key }));
    expect((await list({ Prefix: 'zip/' })).KeyCount).toBe(0);
  });

  it('starts a service by an upload, and shows its output', async () => {
    await s3.send(new PutObjectCommand({ Bucket: 'upper', Key: 'in/page.txt', Body: Buffer.from('by a page') }));
    expect((await endedJobs(place.program, 'upper', 'upper/in/page.txt')).map(({ state }) => state)).toEqual([
      'Succeeded',
    ]);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'upper', Key: 'out/page.txt' }));
    expect(await Body?.transformToString()).toBe('BY A PAGE');
  });

  it('changes and deletes a bucket', async () => {
    const { objects, ...bucket } = await read('/system/buckets/paged');
    expect(objects).toHaveLength(2);
    expect(await said('/system/buckets', { method: 'PUT', json: { ...bucket, visibility: 'public' } })).toBe('204');
    expect(await said('/system/buckets/paged', { method: 'DELETE' })).toBe('204');
    expect(await said('/system/buckets/paged', { method: 'DELETE' })).toMatch(/^404 The bucket/);
  });
});

describe('a page of another origin that knows nothing but a signed address', () => {
  it('uploads to it, without a header of its own', async () => {
    const presign = { object_key: 'kept/dropped.bin', operation: 'upload', expires_in: 604_800 };
    const answer = await call('/system/buckets/upper/presign', { method: 'POST', json: presign });
    const { url, method } = JSON.parse(answer.text) as { url: string; method: string };
    expect((await page(url, { method, body: Buffer.from('dropped') })).ok).toBe(true);
    expect(await place.program.get('upper/kept/dropped.bin')).toBe('dropped');
  });

  it('is told by the store why it is refused', async () => {
    const refused = await page(`${place.program.status.s3}/upper/kept/dropped.bin`);
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
  });
});

/** What the AWS SDK sends by, in a browser: the page's own fetch. */
const handler: NonNullable<S3ClientConfig['requestHandler']> = {
  handle: async ({ protocol, hostname, port, path, query, method, headers, body }: Asked) => {
    const url = new URL(`${protocol}//${hostname}:${port}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
    const { status: statusCode, headers: seen, body: bytes } = await page(url.href, { method, headers, body });
    return { response: { statusCode, headers: seen, body: Readable.from([bytes]) } };
  },
};

interface Asked extends PageInit {
  protocol: string;
  hostname: string;
  port: number;
  path: string;
  query: Record<string, string>;
}
