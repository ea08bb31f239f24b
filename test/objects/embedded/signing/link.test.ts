import { createHmac } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, createWorld, keys, type World } from '../world.ts';

const Bucket = 'presigned';
let world: World;
let minio: Client;
beforeAll(async () => {
  world = await createWorld();
  minio = new Client({ endPoint: '127.0.0.1', port: world.port, useSSL: false, ...keys });
  await world.s3.send(new CreateBucketCommand({ Bucket }));
  await world.s3.send(new PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'content' }));
});
afterAll(() => world.close());

const read = async (Key: string) =>
  (await world.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

describe('a link', () => {
  it('of the SDK reads and writes without credentials', async () => {
    const get = await getSignedUrl(world.s3, new GetObjectCommand({ Bucket, Key: 'a b/ü' }));
    expect(await (await fetch(get)).text()).toBe('content');
    const put = await getSignedUrl(world.s3, new PutObjectCommand({ Bucket, Key: 'put' }));
    expect((await fetch(put, { method: 'PUT', body: 'sent' })).status).toBe(200);
    expect(await read('put')).toBe('sent');
    expect((await fetch(get, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(get.replace('/a%20b', '/other'))).status).toBe(403);
  });

  it('of the daemon does too, with the headers it was made for', async () => {
    const make = (method: 'GET' | 'PUT', key: string, options = {}) =>
      world.embedded.presign({ method, bucket: Bucket, key, expiresSeconds: 60, ...options });
    expect(await (await fetch(make('GET', 'a b/ü'))).text()).toBe('content');
    const put = make('PUT', "it's (new)*!", { contentType: 'text/x-new', headers: { 'x-amz-meta-colour': 'blue' } });
    expect((await fetch(put, { method: 'PUT', body: 'new' })).status).toBe(403);
    const headers = { 'content-type': 'text/x-new', 'x-amz-meta-colour': 'blue' };
    expect((await fetch(put, { method: 'PUT', body: 'new', headers })).status).toBe(200);
    const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: "it's (new)*!" }));
    expect(got).toMatchObject({ ContentType: 'text/x-new', Metadata: { colour: 'blue' } });
  });

  it('of old, signed by version 2, is good until it expires', async () => {
    const path = `/${Bucket}/a%20b/%C3%BC`;
    const link = (expires: number) => {
      const signature = createHmac('sha1', keys.secretKey).update(`GET\n\n\n${expires}\n${path}`).digest('base64');
      const query = new URLSearchParams({
        AWSAccessKeyId: keys.accessKey,
        Expires: `${expires}`,
        Signature: signature,
      });
      return `${world.url}${path}?${query}`;
    };
    const now = Math.floor(Date.now() / 1000);
    expect(await (await fetch(link(now + 60))).text()).toBe('content');
    expect((await fetch(link(now - 1))).status).toBe(403);
    expect((await fetch(link(now + 60).replace('Expires=', 'Expires=1'))).status).toBe(403);
  });
});

describe('a link that was made for an upload with metadata', () => {
  const Metadata = { colour: 'blue', 'place-of-birth': 'Köln' };
  const made = { Metadata, Tagging: 'stage=raw&n=1', CacheControl: 'no-cache' };
  const tagsOf = async (Key: string) => (await world.s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

  it('by the SDK stores it, though the client sends none', async () => {
    const url = await getSignedUrl(world.s3, new PutObjectCommand({ Bucket, Key: 'described', ...made }));
    expect(url).toMatch(/x-amz-meta-colour=blue.*x-amz-tagging=/);
    expect((await fetch(url, { method: 'PUT', body: 'content' })).status).toBe(200);
    const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'described' }));
    expect(Buffer.from(got.Metadata?.['place-of-birth'] ?? '', 'latin1').toString()).toBe('Köln');
    expect(got.Metadata?.colour).toBe('blue');
    expect(await tagsOf('described')).toEqual([
      { Key: 'stage', Value: 'raw' },
      { Key: 'n', Value: '1' },
    ]);
  });

  it('by the SDK begins an upload in parts with it', async () => {
    const Key = 'in parts';
    const begin = await getSignedUrl(world.s3, new CreateMultipartUploadCommand({ Bucket, Key, ...made }));
    const UploadId = /<UploadId>(.*)<\/UploadId>/.exec(await (await fetch(begin, { method: 'POST' })).text())?.[1];
    const { ETag } = await world.s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'content' }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await world.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    expect((await world.s3.send(new GetObjectCommand({ Bucket, Key }))).Metadata?.colour).toBe('blue');
    expect(await tagsOf(Key)).toHaveLength(2);
  });

  it('by the SDK takes other content than nothing, whose checksum it carries', async () => {
    const careful = clientOf(world.url, { requestChecksumCalculation: 'WHEN_SUPPORTED' });
    const url = await getSignedUrl(careful, new PutObjectCommand({ Bucket, Key: 'unchecked', Body: '' }));
    expect(url).toContain('x-amz-checksum-crc32=AAAAAA');
    expect((await fetch(url, { method: 'PUT', body: 'content' })).status).toBe(200);
    careful.destroy();
  });

  it('copies what it was signed for', async () => {
    const CopySource = `${Bucket}/a%20b/%C3%BC`;
    const url = await getSignedUrl(world.s3, new CopyObjectCommand({ Bucket, Key: 'copied', CopySource }));
    expect((await fetch(url, { method: 'PUT' })).status).toBe(200);
    expect(await read('copied')).toBe('content');
  });

  it('the old way stores it too, and nothing that was added to it', async () => {
    const expires = Math.floor(Date.now() / 1000) + 60;
    const text = `PUT\n\ntext/x-old\n${expires}\nx-amz-meta-colour:blue\n/${Bucket}/old`;
    const query = new URLSearchParams({
      AWSAccessKeyId: keys.accessKey,
      Expires: `${expires}`,
      Signature: createHmac('sha1', keys.secretKey).update(text).digest('base64'),
      'content-type': 'text/x-old',
      'x-amz-meta-colour': 'blue',
    });
    const url = `${world.url}/${Bucket}/old?${query}`;
    // Without a type of its own, which fetch adds to a text.
    const put = (address: string) => fetch(address, { method: 'PUT', body: Buffer.from('old') });
    expect((await put(`${url}&x-amz-tagging=a%3Db`)).status).toBe(403);
    expect((await put(`${url}&X-Amz-Tagging=a%3Db`)).status).toBe(200);
    expect(await tagsOf('old')).toEqual([]);
    const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'old' }));
    expect(got).toMatchObject({ ContentType: 'text/x-old', Metadata: { colour: 'blue' } });
  });
});

describe('a form', () => {
  async function form(key: string, setup: (policy: ReturnType<Client['newPostPolicy']>) => void = () => undefined) {
    const policy = minio.newPostPolicy();
    policy.setBucket(Bucket);
    policy.setKey(key);
    policy.setExpires(new Date(Date.now() + 60_000));
    setup(policy);
    const { formData } = await minio.presignedPostPolicy(policy);
    return (content: string, more: Record<string, string> = {}) => {
      const body = new FormData();
      for (const [name, value] of Object.entries({ ...formData, ...more })) body.append(name, String(value));
      body.append('file', new Blob([content]), 'file.txt');
      return fetch(`${world.url}/${Bucket}`, { method: 'POST', body, redirect: 'manual' });
    };
  }

  it('uploads what its policy allows, and that is an event', async () => {
    const post = await form('posted.txt', (policy) => policy.setContentType('text/plain'));
    const answer = await post('from a browser');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('etag')).toBeTruthy();
    const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'posted.txt' }));
    expect(await got.Body?.transformToString()).toBe('from a browser');
    expect(got.ContentType).toBe('text/plain');
    expect(world.heard.at(-1)?.event).toMatchObject({
      name: 's3:ObjectCreated:Post',
      key: 'posted.txt',
      principal: 'minioadmin',
    });
  });

  it('carries metadata in any language, but no line breaks', async () => {
    const post = (note: string) =>
      form('noted', (policy) => policy.setUserMetaData({ note })).then((send) => send('content'));
    expect((await post('Köln, Жуковка')).status).toBe(204);
    const got = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'noted' }));
    expect(Buffer.from(got.Metadata?.note ?? '', 'latin1').toString()).toBe('Köln, Жуковка');
    expect((await post('one\r\nset-cookie: a=b')).status).toBe(400);
  });

  it('is refused when it is not as its policy says', async () => {
    const post = await form('limited', (policy) => policy.setContentLengthRange(3, 5));
    expect((await post('1234567')).status).toBe(400);
    expect((await post('12')).status).toBe(400);
    expect((await post('1234', { key: 'other' })).status).toBe(403);
    expect((await post('1234', { 'x-amz-signature': '0'.repeat(64) })).status).toBe(403);
    expect((await post('1234')).status).toBe(204);
    expect(await read('limited')).toBe('1234');
    await expect.poll(world.files).toEqual([]);
  });
});
