import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { patience } from '../program.ts';
import { endedJobs, startPlace } from './place.ts';

const place = startPlace();

describe('@aws-sdk/client-s3', () => {
  let client: S3Client;

  beforeAll(async () => {
    const { s3, accessKey, secretKey } = place.program.status;
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
    client = new S3Client({ endpoint: s3, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: 'sdk' }));
  });
  afterAll(() => client.destroy());

  it('uploads a file, which starts a job, and reads its output and its log', async () => {
    const { program } = place;
    await client.send(new PutObjectCommand({ Bucket: 'upper', Key: 'in/by sdk.txt', Body: 'quiet' }));
    const [job] = await endedJobs(program, 'upper', 'upper/in/by sdk.txt');
    expect(job).toMatchObject({ state: 'Succeeded', attempt: 1 });
    const output = await client.send(new GetObjectCommand({ Bucket: 'upper', Key: 'out/by sdk.txt' }));
    expect(await output.Body?.transformToString()).toBe('QUIET');
    const log = await program.call(`/system/logs/upper/${job?.id}`);
    expect(await log.text()).toContain('capitals for by sdk.txt');
  });

  it('uploads 12 MiB in parts and signs an address for it', async () => {
    const content = readFileSync(place.file('large.bin', 12 << 20));
    await new Upload({ client, params: { Bucket: 'sdk', Key: 'large', Body: content } }).done();
    const head = await client.send(new HeadObjectCommand({ Bucket: 'sdk', Key: 'large' }));
    expect(head).toMatchObject({ ContentLength: content.length, ETag: expect.stringContaining('-') });
    const address = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'sdk', Key: 'large' }));
    expect(Buffer.from(await (await fetch(address)).arrayBuffer()).equals(content)).toBe(true);
  });

  it('browses folders as the dashboard of OSCAR does', async () => {
    await client.send(new PutObjectCommand({ Bucket: 'sdk', Key: 'new folder/', Body: new Uint8Array() }));
    const page = await client.send(new ListObjectsV2Command({ Bucket: 'sdk', Delimiter: '/', Prefix: '' }));
    expect(page.CommonPrefixes).toEqual([{ Prefix: 'new folder/' }]);
    await client.send(new DeleteObjectCommand({ Bucket: 'sdk', Key: 'new folder/' }));
    const left = await client.send(new ListObjectsV2Command({ Bucket: 'sdk', Prefix: 'new' }));
    expect(left.KeyCount).toBe(0);
  });
});

describe('minio', () => {
  let client: Client;

  beforeAll(async () => {
    const { s3, accessKey, secretKey } = place.program.status;
    const { hostname, port } = new URL(s3);
    client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
    await client.makeBucket('minio-js');
  });

  it('stores files whole and in parts and gets them back', async () => {
    for (const [name, size] of [['small', 3000] as const, ['large', 70 << 20] as const]) {
      const sent = place.file(name, size);
      await client.fPutObject('minio-js', `files/${name} ö`, sent);
      await client.fGetObject('minio-js', `files/${name} ö`, join(place.folder, 'back'));
      expect(readFileSync(join(place.folder, 'back')).equals(readFileSync(sent))).toBe(true);
    }
  });

  it('tags, lists and removes', async () => {
    const keys = async () => {
      const found: string[] = [];
      for await (const { name } of client.listObjectsV2('minio-js', 'list/', true)) found.push(name);
      return found;
    };
    await client.putObject('minio-js', 'list/a', 'first');
    await client.putObject('minio-js', 'list/b c', 'second');
    await client.setObjectTagging('minio-js', 'list/a', { kind: 'letter' });
    expect(await client.getObjectTagging('minio-js', 'list/a')).toEqual([{ Key: 'kind', Value: 'letter' }]);
    expect(await keys()).toEqual(['list/a', 'list/b c']);
    await client.removeObjects('minio-js', ['list/a', 'list/b c']);
    expect(await keys()).toEqual([]);
  });

  it('signs addresses and forms', async () => {
    const put = await client.presignedPutObject('minio-js', 'signed', 60);
    expect((await fetch(put, { method: 'PUT', body: 'by address' })).status).toBe(200);
    expect(await (await fetch(await client.presignedGetObject('minio-js', 'signed', 60))).text()).toBe('by address');
    const policy = client.newPostPolicy();
    policy.setBucket('minio-js');
    policy.setKey('form');
    policy.setExpires(new Date(Date.now() + 60_000));
    const { postURL, formData } = await client.presignedPostPolicy(policy);
    const form = new FormData();
    for (const [name, value] of Object.entries(formData)) form.set(name, String(value));
    form.set('file', new Blob(['by form']));
    expect((await fetch(postURL, { method: 'POST', body: form })).status).toBe(204);
  });

  it('hears of new objects', async () => {
    const poller = client.listenBucketNotification('minio-js', 'heard/', '', ['s3:ObjectCreated:*']);
    const heard: string[] = [];
    poller.on('notification', (record) => {
      const { s3 } = record as { s3: { object: { key: string } } };
      heard.push(decodeURIComponent(s3.object.key));
    });
    try {
      await vi.waitFor(async () => {
        await client.putObject('minio-js', 'heard/now', '!');
        expect(heard).toContain('heard/now');
      }, patience);
    } finally {
      poller.stop();
    }
  });
});
