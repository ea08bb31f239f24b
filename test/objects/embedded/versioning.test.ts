import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, failureOf, type World } from './world.ts';

let world: World;
let Bucket = '';
let count = 0;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  count += 1;
  Bucket = `versions-${count}`;
  await world.s3.send(new CreateBucketCommand({ Bucket }));
});

const versioning = (Status: 'Enabled' | 'Suspended') =>
  world.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
const put = async (Key: string, Body: string) =>
  (await world.s3.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
const remove = (Key: string, VersionId?: string) => world.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
const text = async (Key: string, VersionId?: string) => {
  const got = await world.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return got.Body?.transformToString();
};
const history = async () => {
  const all = await world.s3.send(new ListObjectVersionsCommand({ Bucket }));
  const rows = [
    ...(all.Versions ?? []).map((one) => ({ ...one, what: 'version' })),
    ...(all.DeleteMarkers ?? []).map((one) => ({ ...one, what: 'marker' })),
  ];
  return rows.map((one) => `${one.Key} ${one.what}${one.IsLatest ? ' latest' : ''}`);
};

describe('versions', () => {
  it('are not kept, and not told of, before they are switched on', async () => {
    expect((await world.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    expect(await put('key', 'one')).toBeUndefined();
    expect(await put('key', 'two')).toBeUndefined();
    expect(await history()).toEqual(['key version latest']);
  });

  it('are kept, each by its id', async () => {
    await versioning('Enabled');
    const [one, two] = [await put('key', 'one'), await put('key', 'two')];
    expect(await text('key')).toBe('two');
    expect(await text('key', one)).toBe('one');
    expect(await text('key', two)).toBe('two');
    expect((await world.s3.send(new HeadObjectCommand({ Bucket, Key: 'key' }))).VersionId).toBe(two);
    expect((await failureOf(text('key', '00000000-0000-0000-0000-000000000000'))).name).toBe('NoSuchVersion');
  });

  it('hide behind a delete marker and come back when it goes', async () => {
    await versioning('Enabled');
    const one = await put('key', 'one');
    const marker = await remove('key');
    expect(marker.DeleteMarker).toBe(true);
    const error = await text('key').catch((caught) => caught);
    expect(error.name).toBe('NoSuchKey');
    expect(error.$response.headers['x-amz-delete-marker']).toBe('true');
    expect((await failureOf(text('key', marker.VersionId))).name).toBe('MethodNotAllowed');
    expect((await world.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
    expect(await history()).toEqual(['key version', 'key marker latest']);
    expect(await text('key', one)).toBe('one');
    expect(await remove('key', marker.VersionId)).toMatchObject({ DeleteMarker: true, VersionId: marker.VersionId });
    expect(await text('key')).toBe('one');
  });

  it('are deleted one by one, and the one before becomes the current', async () => {
    await versioning('Enabled');
    const [one, two] = [await put('key', 'one'), await put('key', 'two')];
    await remove('key', two);
    expect(await text('key')).toBe('one');
    expect((await failureOf(world.s3.send(new DeleteBucketCommand({ Bucket })))).name).toBe('BucketNotEmpty');
    await remove('key', one);
    expect(await history()).toEqual([]);
    await world.s3.send(new DeleteBucketCommand({ Bucket }));
  });

  it('that were written without versioning are called null', async () => {
    await put('key', 'null one');
    await versioning('Enabled');
    await put('key', 'kept');
    expect(await text('key', 'null')).toBe('null one');
    await versioning('Suspended');
    expect(await put('key', 'null two')).toBe('null');
    expect(await text('key', 'null')).toBe('null two');
    expect(await history()).toEqual(['key version latest', 'key version']);
    expect(await remove('key')).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
    expect(await history()).toEqual(['key version', 'key marker latest']);
  });

  it('are copied by their id', async () => {
    await versioning('Enabled');
    const one = await put('key', 'one');
    await put('key', 'two');
    const CopySource = `${Bucket}/key?versionId=${one}`;
    const copy = await world.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    expect(copy.CopySourceVersionId).toBe(one);
    expect(await text('copy')).toBe('one');
  });

  it('are listed page by page', async () => {
    await versioning('Enabled');
    const written: string[] = [];
    for (const key of ['a', 'b', 'dir/c', 'dir/d', 'e']) {
      const ids = [await put(key, '1'), await put(key, '2'), (await remove(key)).VersionId];
      written.push(...ids.reverse().map((id) => `${key} ${id}`));
    }
    for (const size of [1, 2, 4, 1000]) expect((await pages(size)).sort()).toEqual([...written].sort());
    const rolled = await world.s3.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/' }));
    expect(rolled.CommonPrefixes).toEqual([{ Prefix: 'dir/' }]);
    expect(rolled.Versions).toHaveLength(6);
  });

  it('are all reached by a client that deletes a page before it asks for the next', async () => {
    await versioning('Enabled');
    for (let n = 0; n < 7; n += 1) await put('key', `${n}`);
    await pages(3, (version) => remove('key', version));
    expect(await history()).toEqual([]);
  });
});

async function pages(
  MaxKeys: number,
  each: (id: string) => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const seen: string[] = [];
  let markers: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await world.s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys, ...markers }));
    const rows = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    seen.push(...rows.map((row) => `${row.Key} ${row.VersionId}`));
    for (const row of rows) await each(row.VersionId ?? '');
    if (!page.IsTruncated) return seen;
    markers = { KeyMarker: page.NextKeyMarker ?? '', VersionIdMarker: page.NextVersionIdMarker ?? '' };
  }
}
