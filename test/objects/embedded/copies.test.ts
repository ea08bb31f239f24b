import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, failureOf, type World } from './world.ts';

const Bucket = 'copies';
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

describe('a copy', () => {
  beforeAll(() =>
    put('source ü', { ContentType: 'text/plain', Metadata: { a: '1' }, Tagging: 'k=v', ChecksumAlgorithm: 'SHA256' }),
  );
  const copy = (Key: string, options: object = {}) =>
    world.s3.send(
      new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${encodeURIComponent('source ü')}`, ...options }),
    );

  it('has the bytes, the metadata and the tags of its source', async () => {
    await copy('copied');
    expect(await get('copied', { ChecksumMode: 'ENABLED' })).toMatchObject({
      text: 'hello world',
      ContentType: 'text/plain',
      Metadata: { a: '1' },
      TagCount: 1,
      ChecksumSHA256: 'uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=',
    });
  });

  it('outlives its source', async () => {
    await put('big', { Body: Buffer.alloc(100_000, 'x') });
    await world.s3.send(new CopyObjectCommand({ Bucket, Key: 'big copy', CopySource: `${Bucket}/big` }));
    await world.s3.send(new DeleteObjectCommand({ Bucket, Key: 'big' }));
    expect((await get('big copy')).text).toBe('x'.repeat(100_000));
  });

  it('takes new metadata and tags when told to', async () => {
    await copy('replaced', {
      MetadataDirective: 'REPLACE',
      Metadata: { b: '2' },
      ContentType: 'text/html',
      TaggingDirective: 'REPLACE',
    });
    const got = await get('replaced');
    expect(got).toMatchObject({ ContentType: 'text/html', Metadata: { b: '2' } });
    expect(got.TagCount).toBeUndefined();
  });

  it('onto itself changes its metadata, and is refused when it changes nothing', async () => {
    const source = { Key: 'self', CopySource: `${Bucket}/self` };
    await put('self');
    expect((await failureOf(copy('self', source))).name).toBe('InvalidRequest');
    await copy('self', { ...source, MetadataDirective: 'REPLACE', Metadata: { c: '3' } });
    expect(await get('self')).toMatchObject({ text: 'hello world', Metadata: { c: '3' } });
  });

  it('is made only when its source is as wanted', async () => {
    expect((await failureOf(copy('unwanted', { CopySourceIfMatch: '"other"' }))).name).toBe('PreconditionFailed');
    expect((await failureOf(copy('unwanted', { CopySourceIfNoneMatch: '*' }))).name).toBe('PreconditionFailed');
    expect((await failureOf(copy('unwanted', { CopySource: `${Bucket}/no-such` }))).name).toBe('NoSuchKey');
    expect((await failureOf(copy('unwanted', { CopySource: 'no-such/key' }))).name).toBe('NoSuchBucket');
    expect((await failureOf(get('unwanted'))).name).toBe('NoSuchKey');
  });
});

describe('many at once', () => {
  it('are deleted, each answered by itself', async () => {
    const names = ['one', '<two> & "three"', ' blank ', '007'];
    for (const Key of names) await put(Key);
    const Objects = [...names, 'never was', 'a/../b'].map((Key) => ({ Key }));
    const answer = await world.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Deleted?.map((one) => one.Key)).toEqual([...names, 'never was']);
    expect(answer.Errors).toMatchObject([{ Key: 'a/../b', Code: 'XMinioInvalidObjectName' }]);
    for (const Key of names) expect((await failureOf(get(Key))).name).toBe('NoSuchKey');
  });

  it('are deleted quietly', async () => {
    await put('quiet');
    const answer = await world.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'quiet' }] } }),
    );
    expect(answer.Deleted).toBeUndefined();
    expect((await failureOf(get('quiet'))).name).toBe('NoSuchKey');
  });

  it('are written to one key and never mix', async () => {
    const bodies = Array.from({ length: 8 }, (_, n) => String(n).repeat(300_000));
    await Promise.all(bodies.map((Body) => put('contended', { Body })));
    expect(bodies).toContain((await get('contended')).text);
    await put('contended', { Body: 'small' });
  });
});
