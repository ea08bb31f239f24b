import {
  CreateBucketCommand,
  ListObjectsCommand,
  type ListObjectsCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, failureOf, type World } from './world.ts';

const Bucket = 'listing';
const keys = ['a', 'a b+c', 'dir/1', 'dir/2', 'dir/sub/3', 'ü&<>', '\u{1f600}', '\uffee'];
/** In the order of UTF-8 bytes. */
const ordered = ['a', 'a b+c', 'dir/1', 'dir/2', 'dir/sub/3', 'ü&<>', '\uffee', '\u{1f600}'];
let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of keys) await world.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});
afterAll(() => world.close());

const v1 = (options: Partial<ListObjectsCommandInput> = {}) =>
  world.s3.send(new ListObjectsCommand({ Bucket, ...options }));
const v2 = (options: Partial<ListObjectsV2CommandInput> = {}) =>
  world.s3.send(new ListObjectsV2Command({ Bucket, ...options }));
const names = (page: { Contents?: { Key?: string }[] }) => (page.Contents ?? []).map((one) => one.Key);
const groups = (page: { CommonPrefixes?: { Prefix?: string }[] }) =>
  (page.CommonPrefixes ?? []).map((one) => one.Prefix);

describe.each([
  ['the older listing', v1],
  ['the newer listing', v2],
] as const)('%s', (_title, list) => {
  it('has every key in order, with size, time and ETag', async () => {
    const page = await list();
    expect(names(page)).toEqual(ordered);
    expect(page.Contents?.[0]).toMatchObject({
      Size: 1,
      ETag: '"0cc175b9c0f1b6a831c399e269772661"',
      StorageClass: 'STANDARD',
    });
    expect(page.Contents?.[0]?.LastModified).toBeInstanceOf(Date);
    expect(page).toMatchObject({ IsTruncated: false, MaxKeys: 1000, Name: Bucket });
  });

  it('rolls up what lies behind a delimiter', async () => {
    const top = await list({ Delimiter: '/' });
    expect(names(top)).toEqual(['a', 'a b+c', 'ü&<>', '\uffee', '\u{1f600}']);
    expect(groups(top)).toEqual(['dir/']);
    const below = await list({ Delimiter: '/', Prefix: 'dir/' });
    expect(names(below)).toEqual(['dir/1', 'dir/2']);
    expect(groups(below)).toEqual(['dir/sub/']);
  });

  it('writes keys as a URL when asked to', async () => {
    const page = await list({ EncodingType: 'url', Delimiter: '&' });
    expect(names(page)).toContain('a%20b%2Bc');
    expect(groups(page)).toEqual(['%C3%BC%26']);
    expect(page).toMatchObject({ EncodingType: 'url', Delimiter: '%26' });
  });

  it('is empty when no key is wanted, and never longer than a thousand', async () => {
    expect(await list({ MaxKeys: 0 })).toMatchObject({ IsTruncated: false, MaxKeys: 0 });
    expect(names(await list({ MaxKeys: 0 }))).toEqual([]);
    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000);
    expect((await failureOf(list({ MaxKeys: -1 }))).name).toBe('InvalidArgument');
  });

  it('of a bucket that is not there says so', async () => {
    expect(await failureOf(list({ Bucket: 'no-such' }))).toEqual({ name: 'NoSuchBucket', status: 404 });
  });
});

it('the older listing goes on after its marker', async () => {
  const seen: unknown[] = [];
  let Marker: string | undefined;
  do {
    const page = await v1({ MaxKeys: 2, Delimiter: '/', ...(Marker ? { Marker } : {}) });
    seen.push(...names(page), ...groups(page));
    Marker = page.NextMarker;
  } while (Marker);
  expect(seen).toEqual(['a', 'a b+c', 'ü&<>', 'dir/', '\uffee', '\u{1f600}']);
  expect((await v1()).Contents?.[0]?.Owner?.ID).toBeTruthy();
});

it('the newer listing goes on with its token, counts, and names owners when asked', async () => {
  const seen: unknown[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await v2({ MaxKeys: 3, ...(ContinuationToken ? { ContinuationToken } : {}) });
    expect(page.KeyCount).toBe(names(page).length);
    seen.push(...names(page));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  expect(seen).toEqual(ordered);
  expect(names(await v2({ StartAfter: 'dir/2' }))).toEqual(ordered.slice(4));
  expect((await v2()).Contents?.[0]?.Owner).toBeUndefined();
  expect((await v2({ FetchOwner: true })).Contents?.[0]?.Owner?.ID).toBeTruthy();
  expect((await failureOf(v2({ ContinuationToken: '§' }))).name).toBe('InvalidArgument');
});
