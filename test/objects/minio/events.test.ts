import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as aws from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMinio } from '../../../src/objects/minio/minio.ts';
import { whenReady } from '../../../src/objects/minio/readiness.ts';
import { describeWith } from '../../clients/installed.ts';
import { keys } from '../embedded/world.ts';
import { createWorld, freePort, type Opening, patience, type World } from './world.ts';

const Bucket = 'inbox';
const to = (service: string, prefix: string, bucket = Bucket) => ({
  bucket,
  service,
  events: ['s3:ObjectCreated:*'],
  prefix,
  suffix: '',
});

describeWith('minio', (program) => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld(program);
    await world.declare('grayify');
    await world.objects.create(Bucket, {});
    await world.objects.subscribe('grayify', [to('grayify', 'in/')]);
  });
  afterEach(() => world.close());

  const put = (Key: string, Body = 'x') => world.s3.send(new aws.PutObjectCommand({ Bucket, Key, Body }));
  const pending = () => world.store.invocations.pending({ limit: 1000, except: [] });
  const jobs = () => vi.waitFor(() => expect(pending().length).toBeGreaterThan(0), patience).then(pending);
  const heard = () => world.heard.map(({ event }) => event.key);
  /** Resolves when MinIO's queue has told of everything that happened before. */
  const queueIsThrough = async () => {
    await world.s3.send(new aws.PutObjectCommand({ Bucket, Key: 'in/last', Body: 'last' }));
    await vi.waitFor(() => expect(world.told('in/last')).toBe(true), patience);
  };

  describe('an object that arrives', () => {
    it('makes one job though MinIO tells of it twice', async () => {
      await put('in/a b+c.jpg');
      const [job] = await jobs();
      expect(world.store.events.get(job?.eventId ?? '')).toMatchObject({
        name: 's3:ObjectCreated:Put',
        bucket: Bucket,
        key: 'in/a b+c.jpg',
        size: 1,
        etag: '9dd4e461268c8034f5c8564e155c67a6',
        contentType: 'application/octet-stream',
        principal: 'minioadmin',
        sourceIp: '127.0.0.1',
        sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
      });
      await queueIsThrough();
      expect(world.told('in/a b+c.jpg')).toBe(true);
      expect(heard()).toEqual(['in/a b+c.jpg', 'in/last']);
      expect(pending()).toHaveLength(2);
    });

    it('is an event on disk when the upload is answered', async () => {
      await put('in/a');
      expect(pending()).toHaveLength(1);
    });

    it('elsewhere, or with a change of its tags alone, makes none', async () => {
      await put('elsewhere');
      await put('in/tagged');
      const Tagging = { TagSet: [{ Key: 'colour', Value: 'red' }] };
      await world.s3.send(new aws.PutObjectTaggingCommand({ Bucket, Key: 'in/tagged', Tagging }));
      await world.s3.send(new aws.DeleteObjectTaggingCommand({ Bucket, Key: 'in/tagged' }));
      await queueIsThrough();
      expect(heard()).toEqual(['in/tagged', 'in/last']);
    });

    it('counts again when the same key is written again, or in parts, or is copied', async () => {
      for (let time = 0; time < 2; time++) await put('in/again');
      await world.s3.send(new aws.CopyObjectCommand({ Bucket, Key: 'in/copy', CopySource: `${Bucket}/in/again` }));
      const upload = { Bucket, Key: 'in/parts' };
      const { UploadId } = await world.s3.send(new aws.CreateMultipartUploadCommand(upload));
      const part = await world.s3.send(new aws.UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'x' }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
      await world.s3.send(new aws.CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
      await queueIsThrough();
      expect(world.heard.map(({ event }) => `${event.name} ${event.key}`)).toEqual([
        's3:ObjectCreated:Put in/again',
        's3:ObjectCreated:Put in/again',
        's3:ObjectCreated:Copy in/copy',
        's3:ObjectCreated:CompleteMultipartUpload in/parts',
        's3:ObjectCreated:Put in/last',
      ]);
    });

    it('while nobody listens makes nothing, and what came before makes nothing afterwards', async () => {
      await world.objects.subscribe('grayify', []);
      await put('in/early');
      await world.objects.subscribe('grayify', [to('grayify', 'in/')]);
      await queueIsThrough();
      expect(heard()).toEqual(['in/last']);
    });
  });

  it('uploads made while we are away make their jobs when we are back', async () => {
    await put('in/before');
    await world.down();
    for (let n = 0; n < 5; n++) await put(`in/${n}`);
    await world.up();
    await vi.waitFor(() => expect(pending()).toHaveLength(6), patience);
    await queueIsThrough();
    for (let n = 0; n < 5; n++) expect(world.told(`in/${n}`)).toBe(true);
    expect(heard().sort()).toEqual(['in/0', 'in/1', 'in/2', 'in/3', 'in/4', 'in/before', 'in/last']);
  });

  it('a copy in the queue makes no second job, though the first is long forgotten', async () => {
    await put('in/a');
    const [job] = pending();
    await world.store.invocations.remove([job?.id ?? '']);
    await world.store.events.prune();
    await world.objects.tidy();
    await world.down();
    await world.up();
    await queueIsThrough();
    expect(world.told('in/a')).toBe(true);
    expect(heard()).toEqual(['in/a', 'in/last']);
  });

  it('MinIO that is restarted finds us where we were', async () => {
    await world.minio.stop();
    await world.minio.start();
    // It takes uploads a moment before it knows whom to tell.
    await put('in/a');
    await vi.waitFor(() => expect(heard()).toEqual(['in/a']), patience);
  });

  describe('an output', () => {
    it('never triggers the service that wrote it, and does the others', async () => {
      await world.declare('thumbs');
      await world.objects.subscribe('thumbs', [to('thumbs', 'in/')]);
      await world.objects.put(Bucket, 'in/out', { bytes: Buffer.from('x') }, { writer: 'grayify' });
      await queueIsThrough();
      const about = pending().filter(({ eventId = '' }) => world.store.events.get(eventId)?.key === 'in/out');
      expect(about.map(({ service }) => service)).toEqual(['thumbs']);
    });

    it('triggers it once somebody copies it', async () => {
      await world.objects.put(Bucket, 'in/out', { bytes: Buffer.from('x') }, { writer: 'grayify' });
      await world.s3.send(new aws.CopyObjectCommand({ Bucket, Key: 'in/copy', CopySource: `${Bucket}/in/out` }));
      await queueIsThrough();
      const started = pending().map(({ eventId = '' }) => world.store.events.get(eventId)?.key);
      expect(started.sort()).toEqual(['in/copy', 'in/last']);
    });
  });

  it('a removal is told of under the name of who made it, to those who ask for removals', async () => {
    const removals = { ...to('grayify', 'in/'), events: ['s3:ObjectRemoved:*'] };
    await world.declare('sweeper');
    await world.objects.subscribe('sweeper', [{ ...removals, service: 'sweeper' }]);
    await put('in/a');
    await put('in/b');
    await world.objects.delete(Bucket, 'in/a', { writer: 'sweeper' });
    await world.s3.send(new aws.DeleteObjectCommand({ Bucket, Key: 'in/b' }));
    await world.s3.send(new aws.DeleteObjectCommand({ Bucket, Key: 'in/never' }));
    await queueIsThrough();
    const removed = world.heard.filter(({ event }) => event.name.startsWith('s3:ObjectRemoved:'));
    expect(removed.map(({ event, jobs }) => [event.name, event.key, jobs.length])).toEqual([
      ['s3:ObjectRemoved:Delete', 'in/a', 0],
      ['s3:ObjectRemoved:Delete', 'in/b', 1],
    ]);
  });

  describe('the version that an event was about', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'version-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));
    const fetched = async (eventId = '') => {
      const file = join(folder, crypto.randomUUID());
      await world.objects.fetch({ bucket: Bucket, key: 'in/a', eventId }, file);
      return readFile(file, 'utf8');
    };

    it('is read as long as the object is the same, and is then said to be gone', async () => {
      await put('in/a', 'first');
      const [job] = pending();
      expect(await fetched(job?.eventId)).toBe('first');
      await put('in/a', 'second');
      await expect(fetched(job?.eventId)).rejects.toMatchObject({
        code: 'not-found',
        message: 'The version of inbox/in/a that the event was about is not kept any more.',
      });
    });

    it('is read although it was overwritten, where the bucket keeps versions', async () => {
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await world.s3.send(new aws.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      await put('in/a', 'first');
      await put('in/a', 'second');
      const read = await Promise.all(pending().map(({ eventId }) => fetched(eventId)));
      expect(read.sort()).toEqual(['first', 'second']);
      await world.objects.remove(Bucket);
      expect(await world.objects.find(Bucket)).toBeUndefined();
    });
  });

  it('a MinIO that cannot reach us is told of at the start', async () => {
    const nobody = await freePort();
    const opening: Opening = (parts, minio, folder) =>
      createMinio({
        ...parts,
        keys,
        patienceMs: 1_000,
        machine: {
          queueFolder: join(folder, 'queue'),
          doorstep: async () => ({ bind: '127.0.0.1', name: '127.0.0.1' }),
          run: async (settings) => {
            const elsewhere = settings.MINIO_NOTIFY_WEBHOOK_ENDPOINT_NOW?.replace(/:\d+\//, `:${nobody}/`) ?? '';
            minio.settings = {
              ...settings,
              MINIO_NOTIFY_WEBHOOK_ENDPOINT_NOW: elsewhere,
              MINIO_NOTIFY_WEBHOOK_ENDPOINT_QUEUE: elsewhere,
            };
            await minio.start();
            return whenReady(minio.url);
          },
        },
      });
    await expect(createWorld(program, opening)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^MinIO cannot send its events to http:\/\/127\.0\.0\.1:\d+\.$/),
    });
  });

  it('the start leaves nothing in the store', async () => {
    expect((await world.objects.list()).map(({ name }) => name)).toEqual([Bucket]);
    expect(world.db.prepare('select * from heard').all()).toEqual([]);
  });

  it('rules that a client put into the notifications of a bucket stay', async () => {
    const notifications = () => world.s3.send(new aws.GetBucketNotificationConfigurationCommand({ Bucket }));
    const before = await notifications();
    await world.declare('thumbs');
    await world.objects.subscribe('thumbs', [to('thumbs', '')]);
    expect((await notifications()).QueueConfigurations).toHaveLength(4);
    await world.objects.subscribe('thumbs', []);
    expect((await notifications()).QueueConfigurations).toEqual(before.QueueConfigurations);
    await world.objects.subscribe('grayify', []);
    expect((await notifications()).QueueConfigurations).toBeUndefined();
  });
});
