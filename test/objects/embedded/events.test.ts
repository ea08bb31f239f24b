import * as aws from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServices } from '../../../src/store/services.ts';
import { createWorld, failureOf, type World } from './world.ts';

const Bucket = 'inbox';
let world: World;
beforeEach(async () => {
  world = await createWorld();
  await declare('grayify');
  await declare('thumbs');
  await world.s3.send(new aws.CreateBucketCommand({ Bucket }));
  await world.embedded.subscribe('grayify', [
    { bucket: Bucket, service: 'grayify', events: ['s3:ObjectCreated:*'], prefix: 'images/', suffix: '' },
  ]);
});
afterEach(() => world.close());

async function declare(name: string) {
  await createServices(world.db).save({
    name,
    fingerprint: 'f',
    definition: {} as never,
    secrets: {},
    source: { kind: 'api' },
    buckets: [],
    warnings: [],
    declaredAt: 0,
  });
}

const text = (content: string) => ({ bytes: Buffer.from(content) });
const put = (Key: string, Body: string | Buffer = 'x') =>
  world.s3.send(new aws.PutObjectCommand({ Bucket, Key, Body }));
const pending = () => world.invocations.pending({ limit: 1000, except: [] });
const names = () => world.heard.map(({ event }) => `${event.name} ${event.key}`);

describe('an object that arrives', () => {
  it('makes one pending job for the service that listens, and is told of', async () => {
    await put('images/a b.jpg');
    await put('elsewhere');
    const [job, ...others] = pending();
    expect(others).toEqual([]);
    expect(job).toMatchObject({ service: 'grayify', state: 'Pending' });
    expect(world.heard.map(({ jobs }) => jobs)).toEqual([[job?.id], []]);
    expect(world.events.get(job?.eventId ?? '')).toMatchObject({
      name: 's3:ObjectCreated:Put',
      bucket: Bucket,
      key: 'images/a b.jpg',
      size: 1,
      etag: '9dd4e461268c8034f5c8564e155c67a6',
      contentType: 'application/octet-stream',
      principal: 'minioadmin',
      sourceIp: '127.0.0.1',
      sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
    });
  });

  it('is told of under the name of what was done', async () => {
    await put('images/');
    await put('one');
    await world.s3.send(new aws.CopyObjectCommand({ Bucket, Key: 'two', CopySource: `${Bucket}/one` }));
    const three = { Bucket, Key: 'three' };
    const { UploadId } = await world.s3.send(new aws.CreateMultipartUploadCommand(three));
    const upload = { ...three, UploadId };
    const part = await world.s3.send(new aws.UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
    await world.s3.send(new aws.CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    await world.s3.send(new aws.DeleteObjectCommand({ Bucket, Key: 'one' }));
    await world.s3.send(new aws.DeleteObjectCommand({ Bucket, Key: 'never was' }));
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await world.s3.send(new aws.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    await world.s3.send(new aws.DeleteObjectCommand({ Bucket, Key: 'two' }));
    expect(names()).toEqual([
      's3:ObjectCreated:Put images/',
      's3:ObjectCreated:Put one',
      's3:ObjectCreated:Copy two',
      's3:ObjectCreated:CompleteMultipartUpload three',
      's3:ObjectRemoved:Delete one',
      's3:ObjectRemoved:DeleteMarkerCreated two',
    ]);
    const order = world.heard.map(({ event }) => event.sequencer);
    expect(order.toSorted()).toEqual(order);
    expect(new Set(order).size).toBe(order.length);
  });

  it('never starts the service that wrote it', async () => {
    await world.embedded.put(Bucket, 'images/own', text('x'), { writer: 'grayify' });
    expect(pending()).toEqual([]);
    await world.embedded.put(Bucket, 'images/other', text('x'), { writer: 'thumbs' });
    expect(pending().map((job) => job.service)).toEqual(['grayify']);
  });

  it('tells of what the platform deletes, but not the service that deleted it', async () => {
    const events = ['s3:ObjectRemoved:*'];
    await world.embedded.subscribe('grayify', [{ bucket: Bucket, service: 'grayify', events, prefix: '', suffix: '' }]);
    for (const key of ['own', 'other', 'kept']) await world.embedded.put(Bucket, key, text('x'), {});
    await world.embedded.delete(Bucket, 'own', { writer: 'grayify' });
    await world.embedded.delete(Bucket, 'never was', {});
    expect(pending()).toEqual([]);
    await world.embedded.delete(Bucket, 'other', { writer: 'thumbs' });
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await world.s3.send(new aws.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    await world.embedded.delete(Bucket, 'kept', {});
    expect(pending().map((job) => job.service)).toEqual(['grayify', 'grayify']);
    expect(names().slice(3)).toEqual([
      's3:ObjectRemoved:Delete own',
      's3:ObjectRemoved:Delete other',
      's3:ObjectRemoved:DeleteMarkerCreated kept',
    ]);
    const { Versions } = await world.s3.send(new aws.ListObjectVersionsCommand({ Bucket, Prefix: 'kept' }));
    expect(Versions).toHaveLength(1);
  });

  it('goes on in order after a restart', async () => {
    await put('images/1');
    await world.restart();
    await put('images/2');
    const [one, two] = world.heard.map(({ event }) => event.sequencer);
    expect((two ?? '') > (one ?? '')).toBe(true);
    expect(pending()).toHaveLength(2);
  });

  it('leaves neither job nor event when it is refused', async () => {
    const wrong = { ContentMD5: Buffer.alloc(16).toString('base64') };
    const refused = world.s3.send(new aws.PutObjectCommand({ Bucket, Key: 'images/a', Body: 'x', ...wrong }));
    expect((await failureOf(refused)).name).toBe('BadDigest');
    expect(pending()).toEqual([]);
    expect(world.heard).toEqual([]);
  });
});

describe('the object version that an event was about', () => {
  const large = (letter: string) => Buffer.alloc(100_000, letter);
  const fetched = async (eventId: string) => {
    const { readFile } = await import('node:fs/promises');
    const file = `${world.folder}/fetched-${crypto.randomUUID()}`;
    const info = await world.embedded.fetch({ bucket: Bucket, key: 'images/a', eventId }, file);
    return { info, content: await readFile(file) };
  };

  it.each([
    ['small', Buffer.from('first'), Buffer.from('second')],
    ['large', large('1'), large('2')],
  ])('can be read although it was overwritten, deleted and the store restarted: %s', async (_title, one, two) => {
    await put('images/a', one);
    await put('images/a', two);
    await world.s3.send(new aws.DeleteObjectCommand({ Bucket, Key: 'images/a' }));
    await world.restart();
    const [first, second] = pending().map((job) => job.eventId ?? '');
    expect((await fetched(first ?? '')).content.equals(one)).toBe(true);
    expect(await fetched(second ?? '')).toMatchObject({ content: two, info: { size: two.length } });
    expect(world.embedded.heldBytes()).toBe(one.length + two.length);
  });

  it('is gone once it was let go of, and so is its file', async () => {
    await put('images/a', large('1'));
    await put('images/a', large('2'));
    const [first, second] = pending().map((job) => job.eventId ?? '');
    expect(await world.files()).toHaveLength(2);
    await world.embedded.release([first ?? '']);
    await expect.poll(world.files).toHaveLength(1);
    await expect(fetched(first ?? '')).rejects.toMatchObject({ code: 'not-found' });
    await world.embedded.release([second ?? '']);
    expect((await fetched(second ?? '')).content.equals(large('2'))).toBe(true);
    expect(world.embedded.heldBytes()).toBe(0);
  });
});

describe('the notifications of a bucket', () => {
  const queue = (service: string, options: object = {}) => ({
    Id: 'mine',
    QueueArn: `arn:minio:sqs:us-east-1:${service}:webhook`,
    Events: ['s3:ObjectCreated:Put' as const],
    ...options,
  });
  const configure = (...QueueConfigurations: aws.QueueConfiguration[]) =>
    world.s3.send(
      new aws.PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations } }),
    );
  const configured = async () =>
    (await world.s3.send(new aws.GetBucketNotificationConfigurationCommand({ Bucket }))).QueueConfigurations ?? [];

  it('show what declared services listen to', async () => {
    expect(await configured()).toEqual([
      {
        Id: 'grayify',
        QueueArn: 'arn:minio:sqs:us-east-1:grayify:webhook',
        Events: ['s3:ObjectCreated:*'],
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'images/' }] } },
      },
    ]);
  });

  it('start a declared service for what a client asked for', async () => {
    const FilterRules = [
      { Name: 'prefix' as const, Value: 'raw/' },
      { Name: 'suffix' as const, Value: '.png' },
    ];
    await configure(queue('thumbs', { Filter: { Key: { FilterRules } } }));
    await put('raw/a.png');
    await put('raw/a.jpg');
    expect(pending().map((job) => job.service)).toEqual(['thumbs']);
    expect((await configured()).map((one) => one.Id)).toEqual(['mine', 'grayify']);
    await configure();
    await put('raw/b.png');
    expect(pending()).toHaveLength(1);
  });

  it('that are read and put back do not outlive the service they name', async () => {
    await configure(...(await configured()), queue('thumbs'));
    await world.embedded.subscribe('grayify', []);
    expect((await configured()).map((one) => one.QueueArn)).toEqual(['arn:minio:sqs:us-east-1:thumbs:webhook']);
  });

  it('refuse an address that no service has, and an event that does not exist', async () => {
    expect((await failureOf(configure(queue('nobody')))).name).toBe('InvalidArgument');
    expect((await failureOf(configure(queue('thumbs', { QueueArn: 'arn:aws:sqs:x:1:y' })))).name).toBe(
      'InvalidArgument',
    );
    expect((await failureOf(configure(queue('thumbs', { Events: ['s3:Nothing:*'] })))).name).toBe('InvalidArgument');
  });
});
