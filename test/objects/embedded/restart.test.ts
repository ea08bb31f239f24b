import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorld, type World } from './world.ts';

const Bucket = 'restarted';
let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.s3.send(new CreateBucketCommand({ Bucket }));
});
afterEach(() => world.close());

const large = Buffer.alloc(300_000, 'large');
const read = async (Key: string) => {
  const got = await world.s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await got.Body?.transformToByteArray()) ?? []);
};

it('a restart keeps every object and sweeps away what nothing refers to', async () => {
  await world.s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body: large }));
  await world.s3.send(new PutObjectCommand({ Bucket, Key: 'small', Body: 'small' }));
  const known = await world.files();
  const objects = join(world.folder, 'objects');
  await writeFile(join(objects, 'temporary', 'half'), 'an upload that was cut off');
  await mkdir(join(objects, 'blobs', 'ab'), { recursive: true });
  await writeFile(join(objects, 'blobs', 'ab', `ab${'0'.repeat(30)}`), 'written, and never committed');
  await world.restart();
  await expect.poll(world.files).toEqual(known);
  expect((await read('large')).equals(large)).toBe(true);
  expect((await read('small')).toString()).toBe('small');
});

it('an upload in parts goes on after a restart', async () => {
  const key = { Bucket, Key: 'parts' };
  const { UploadId } = await world.s3.send(new CreateMultipartUploadCommand(key));
  const part = { ...key, UploadId, PartNumber: 1, Body: large };
  const { ETag } = await world.s3.send(new UploadPartCommand(part));
  await world.restart();
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await world.s3.send(new CompleteMultipartUploadCommand({ ...key, UploadId, MultipartUpload }));
  expect((await read('parts')).equals(large)).toBe(true);
});

it('eight writers of one key leave one whole object and no other file', async () => {
  const bodies = Array.from({ length: 8 }, (_, n) => Buffer.alloc(400_000 + n, String(n)));
  await Promise.all(bodies.map((Body) => world.s3.send(new PutObjectCommand({ Bucket, Key: 'one', Body }))));
  const stored = await read('one');
  expect(bodies.some((body) => body.equals(stored))).toBe(true);
  await expect.poll(world.files).toHaveLength(1);
});
