import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, failureOf, type World } from './world.ts';

const Bucket = 'objects';
let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => world.close());

const put = (Key: string, options: Partial<PutObjectCommandInput> = {}) =>
  world.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello world', ...options }));
const get = async (Key: string, options: Partial<GetObjectCommandInput> = {}) => {
  const answer = await world.s3.send(new GetObjectCommand({ Bucket, Key, ...options }));
  return { ...answer, text: (await answer.Body?.transformToString()) ?? '' };
};

describe('an object', () => {
  it('comes back with its headers and metadata', async () => {
    await put('described', {
      ContentType: 'text/plain',
      CacheControl: 'max-age=5',
      ContentDisposition: 'attachment',
      ContentEncoding: 'gzip',
      ContentLanguage: 'en',
      Expires: new Date('2030-01-01T00:00:00Z'),
      Metadata: { colour: 'blue', empty: '' },
    });
    expect(await get('described')).toMatchObject({
      text: 'hello world',
      ContentType: 'text/plain',
      CacheControl: 'max-age=5',
      ContentDisposition: 'attachment',
      ContentEncoding: 'gzip',
      ContentLanguage: 'en',
      ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT',
      Metadata: { colour: 'blue', empty: '' },
      ETag: '"5eb63bbbe01eeed093cb22bb8f5acdc3"',
      ContentLength: 11,
      AcceptRanges: 'bytes',
    });
  });

  it('has a type when its writer named none', async () => {
    await put('untyped');
    expect((await get('untyped')).ContentType).toBe('application/octet-stream');
  });

  it('may be empty', async () => {
    await put('empty', { Body: '' });
    expect(await get('empty')).toMatchObject({ text: '', ContentLength: 0 });
    expect(await failureOf(get('empty', { Range: 'bytes=0-1' }))).toEqual({ name: 'InvalidRange', status: 416 });
  });

  it.each(['a b+c&d=e%25/ü/☃', 'a//b', '/leading', 'trailing/', '%2F', 'x'.repeat(1024), '\u{1f600}', "it's(a)*!"])(
    'can be called %j',
    async (Key) => {
      await put(Key, { Body: Key });
      expect((await get(Key)).text).toBe(Key);
      await world.s3.send(new DeleteObjectCommand({ Bucket, Key }));
      expect(await failureOf(get(Key))).toEqual({ name: 'NoSuchKey', status: 404 });
    },
  );

  it.each([
    ['x'.repeat(1025), 'KeyTooLongError'],
    ['a/../b', 'XMinioInvalidObjectName'],
    ['a/./b', 'XMinioInvalidObjectName'],
    ['..', 'XMinioInvalidObjectName'],
  ])('cannot be called %j', async (Key, name) => {
    expect(await failureOf(put(Key))).toEqual({ name, status: 400 });
  });

  it('is sent as a stream of unknown length with its checksum behind it', async () => {
    const body = Buffer.alloc(200_000, 'stream');
    await put('streamed', { Body: Readable.from([body.subarray(0, 7), body.subarray(7)]), ContentLength: body.length });
    const got = await get('streamed', { ChecksumMode: 'ENABLED' });
    expect(got.text).toBe(body.toString());
    expect(got.ContentEncoding).toBeUndefined();
    expect(got.ChecksumCRC32).toBeDefined();
  });

  it('keeps its own encoding without the framing of the transfer', async () => {
    await put('encoded', { Body: Readable.from([Buffer.from('x')]), ContentLength: 1, ContentEncoding: 'gzip' });
    expect((await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'encoded' }))).ContentEncoding).toBe('gzip');
  });
});

describe('a range', () => {
  beforeAll(() => put('ranged', { Body: '0123456789' }));

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=5-', '56789', 'bytes 5-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=8-100', '89', 'bytes 8-9/10'],
  ])('%s gives %s', async (Range, text, ContentRange) => {
    expect(await get('ranged', { Range })).toMatchObject({ text, ContentRange, $metadata: { httpStatusCode: 206 } });
  });

  it.each(['bytes=3-2', 'bytes=0-1,3-4', 'lines=1-2'])('%s is no range and gives everything', async (Range) => {
    expect(await get('ranged', { Range })).toMatchObject({ text: '0123456789', $metadata: { httpStatusCode: 200 } });
  });

  it('beyond the end is refused and says how long the object is', async () => {
    const error = await get('ranged', { Range: 'bytes=10-' }).catch((caught) => caught);
    expect(error.name).toBe('InvalidRange');
    expect(error.$response.headers['content-range']).toBe('bytes */10');
  });
});

describe('a condition', () => {
  const past = new Date('2001-01-01T00:00:00Z');
  const future = new Date(Date.now() + 86_400_000);
  let etag = '';
  beforeAll(async () => {
    etag = (await put('conditional')).ETag ?? '';
  });

  it.each([
    ['IfMatch of its ETag', () => ({ IfMatch: etag }), 200],
    ['IfMatch of another', () => ({ IfMatch: '"other"' }), 412],
    ['IfNoneMatch of another', () => ({ IfNoneMatch: '"other"' }), 200],
    ['IfNoneMatch of its ETag', () => ({ IfNoneMatch: etag }), 304],
    ['IfModifiedSince the past', () => ({ IfModifiedSince: past }), 200],
    ['IfModifiedSince the future', () => ({ IfModifiedSince: future }), 304],
    ['IfUnmodifiedSince the past', () => ({ IfUnmodifiedSince: past }), 412],
    ['IfUnmodifiedSince the future', () => ({ IfUnmodifiedSince: future }), 200],
    ['IfMatch outweighs IfUnmodifiedSince', () => ({ IfMatch: etag, IfUnmodifiedSince: past }), 200],
  ])('on reading: %s', async (_title, condition, status) => {
    expect((await failureOf(get('conditional', condition()))).status).toBe(status);
  });

  it('on writing: only a new object, or only the known one', async () => {
    expect((await failureOf(put('conditional', { IfNoneMatch: '*' }))).name).toBe('PreconditionFailed');
    expect((await failureOf(put('conditional', { IfMatch: '"other"' }))).name).toBe('PreconditionFailed');
    expect((await failureOf(put('brand new', { IfMatch: etag }))).name).toBe('NoSuchKey');
    await put('brand new', { IfNoneMatch: '*' });
    await put('conditional', { IfMatch: etag, Body: 'changed' });
    expect((await get('conditional')).text).toBe('changed');
  });

  it('lets one of many writers of a new object win', async () => {
    const writers = Array.from({ length: 8 }, (_, n) => failureOf(put('raced', { Body: `${n}`, IfNoneMatch: '*' })));
    const results = (await Promise.all(writers)).map((result) => result.name).sort();
    expect(results.filter((name) => name === 'none')).toHaveLength(1);
    expect(results.filter((name) => name === 'PreconditionFailed')).toHaveLength(7);
  });
});

describe('a checksum', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('%s is checked, kept and told', async (name) => {
    const sent = await put(`sum-${name}`, { ChecksumAlgorithm: name });
    const field = `Checksum${name}` as const;
    expect(sent[field]).toBeTruthy();
    const got = await get(`sum-${name}`, { ChecksumMode: 'ENABLED' });
    expect(got[field]).toBe(sent[field]);
    expect(got.ChecksumType).toBe('FULL_OBJECT');
    expect((await get(`sum-${name}`, { ChecksumMode: 'ENABLED', Range: 'bytes=0-1' }))[field]).toBeUndefined();
  });

  it('that does not fit refuses the object', async () => {
    const wrong = { ChecksumSHA256: Buffer.alloc(32).toString('base64') };
    expect((await failureOf(put('wrong', wrong))).status).toBe(400);
    expect((await failureOf(get('wrong'))).name).toBe('NoSuchKey');
    expect((await failureOf(put('wrong', { ContentMD5: Buffer.alloc(16).toString('base64') }))).name).toBe('BadDigest');
  });

  it('is among the attributes', async () => {
    await put('attributed', { ChecksumAlgorithm: 'SHA256' });
    const attributes = await world.s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: 'attributed',
        ObjectAttributes: ['ETag', 'ObjectSize', 'Checksum', 'StorageClass'],
      }),
    );
    expect(attributes).toMatchObject({
      ETag: '5eb63bbbe01eeed093cb22bb8f5acdc3',
      ObjectSize: 11,
      StorageClass: 'STANDARD',
    });
    expect(attributes.Checksum?.ChecksumSHA256).toBe('uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=');
  });
});

describe('tags', () => {
  it('are written with the object or later, and answered with 200', async () => {
    await put('tagged', { Tagging: 'a=1&b=two%20words' });
    const read = () => world.s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }));
    expect((await read()).TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'two words' },
    ]);
    const TagSet = [{ Key: 'c', Value: '007' }];
    const answer = await world.s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet } }));
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect((await read()).TagSet).toEqual(TagSet);
  });

  it('of one name twice are refused', async () => {
    expect((await failureOf(put('twice', { Tagging: 'a=1&a=2' }))).name).toBe('InvalidTag');
  });
});

it('asks for the headers that the reader wants instead', async () => {
  await put('overridden', { ContentType: 'text/plain' });
  const got = await get('overridden', { ResponseContentType: 'text/html', ResponseContentDisposition: 'inline' });
  expect(got).toMatchObject({ ContentType: 'text/html', ContentDisposition: 'inline' });
});
