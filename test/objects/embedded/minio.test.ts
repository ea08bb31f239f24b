import { text } from 'node:stream/consumers';
import { Client, CopyConditions } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, keys, type World } from './world.ts';

let world: World;
let minio: Client;
beforeAll(async () => {
  world = await createWorld();
  minio = new Client({ endPoint: '127.0.0.1', port: world.port, useSSL: false, ...keys });
  await minio.makeBucket('bucket', 'us-east-1');
});
afterAll(() => world.close());

const all = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
};

describe('the client of MinIO', () => {
  it('finds its buckets', async () => {
    expect((await minio.listBuckets()).map((bucket) => bucket.name)).toEqual(['bucket']);
    expect(await minio.bucketExists('bucket')).toBe(true);
    expect(await minio.bucketExists('nowhere')).toBe(false);
  });

  it('writes and reads, in one piece and in parts', async () => {
    await minio.putObject('bucket', 'small ü', 'small', 5, { 'Content-Type': 'text/plain', colour: 'blue' });
    expect(await text(await minio.getObject('bucket', 'small ü'))).toBe('small');
    expect((await minio.statObject('bucket', 'small ü')).metaData).toMatchObject({
      colour: 'blue',
      'content-type': 'text/plain',
    });
    const large = Buffer.alloc(12 * 1024 * 1024, 'large ');
    await minio.putObject('bucket', 'large', large, large.length);
    expect((await minio.statObject('bucket', 'large')).size).toBe(large.length);
    expect(await text(await minio.getPartialObject('bucket', 'large', 6, 5))).toBe('large');
  });

  it('sends a stream whose length it does not know', async () => {
    const { Readable } = await import('node:stream');
    await minio.putObject('bucket', 'streamed', Readable.from([Buffer.from('one '), Buffer.from('two')]));
    expect(await text(await minio.getObject('bucket', 'streamed'))).toBe('one two');
  });

  it('lists, copies and removes', async () => {
    for (const name of ['list/a', 'list/b', 'list/sub/c']) await minio.putObject('bucket', name, name);
    const names = async (prefix: string, recursive: boolean) =>
      (await all(minio.listObjectsV2('bucket', prefix, recursive))).map(
        (one) => ('name' in one && one.name) || one.prefix,
      );
    expect((await names('list/', false)).sort()).toEqual(['list/a', 'list/b', 'list/sub/']);
    expect(await names('list/', true)).toEqual(['list/a', 'list/b', 'list/sub/c']);
    expect((await all(minio.listObjects('bucket', 'list/', true))).length).toBe(3);
    await minio.copyObject('bucket', 'copied', '/bucket/list/a', new CopyConditions());
    expect(await text(await minio.getObject('bucket', 'copied'))).toBe('list/a');
    await minio.removeObjects('bucket', ['list/a', 'list/b']);
    await minio.removeObject('bucket', 'list/sub/c');
    expect(await names('list/', true)).toEqual([]);
  });

  it('sets tags, versions and a policy', async () => {
    await minio.setBucketTagging('bucket', { owner: 'me' });
    expect(await minio.getBucketTagging('bucket')).toEqual([{ Key: 'owner', Value: 'me' }]);
    await minio.removeBucketTagging('bucket');
    await minio.putObject('bucket', 'tagged', 'x');
    await minio.setObjectTagging('bucket', 'tagged', { a: 'one' });
    expect(await minio.getObjectTagging('bucket', 'tagged')).toEqual([{ Key: 'a', Value: 'one' }]);
    await minio.setBucketVersioning('bucket', { Status: 'Enabled' });
    expect((await minio.getBucketVersioning('bucket')).Status).toBe('Enabled');
    await minio.setBucketVersioning('bucket', { Status: 'Suspended' });
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await minio.setBucketPolicy('bucket', policy);
    expect(await minio.getBucketPolicy('bucket')).toBe(policy);
  });

  it('makes links that work', async () => {
    await minio.putObject('bucket', 'linked', 'linked');
    expect(await (await fetch(await minio.presignedGetObject('bucket', 'linked'))).text()).toBe('linked');
    const put = await minio.presignedPutObject('bucket', 'linked');
    expect((await fetch(put, { method: 'PUT', body: 'again' })).status).toBe(200);
    expect(await text(await minio.getObject('bucket', 'linked'))).toBe('again');
  });

  it('forgets what was begun and not finished', async () => {
    await minio.initiateNewMultipartUpload('bucket', 'begun', {});
    expect((await all(minio.listIncompleteUploads('bucket', 'begun', true))).length).toBe(1);
    await minio.removeIncompleteUpload('bucket', 'begun');
    expect((await all(minio.listIncompleteUploads('bucket', 'begun', true))).length).toBe(0);
  });

  it('hears of objects as they come', async () => {
    const poller = minio.listenBucketNotification('bucket', 'heard/', '.txt', ['s3:ObjectCreated:*']);
    const first = new Promise((resolve) => poller.once('notification', resolve));
    // It listens once an event gets through.
    let heard = false;
    void first.then(() => {
      heard = true;
    });
    for (let n = 0; !heard; n += 1) {
      await minio.putObject('bucket', 'heard/a.jpg', 'x');
      await minio.putObject('bucket', 'heard/a b.txt', `${n}`);
    }
    expect(await first).toMatchObject({
      eventSource: 'minio:s3',
      eventName: 's3:ObjectCreated:Put',
      s3: { bucket: { name: 'bucket' }, object: { key: 'heard%2Fa+b.txt' } },
    });
    poller.stop();
  });
});
