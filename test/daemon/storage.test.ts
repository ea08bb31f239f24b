import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { places } from '../../src/daemon/files.ts';
import { listenFrom } from '../../src/daemon/ports.ts';
import { openStorage } from '../../src/daemon/storage.ts';
import { silent } from '../../src/log.ts';
import type { ObjectsChoice } from '../../src/objects/store.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'storage-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const open = (objects: ObjectsChoice) =>
  openStorage({
    place: places(dataDir),
    credentials: { user: 'oscar', password: 'p', accessKey: 'minio', secretKey: 'a secret of some length' },
    keepLogBytes: 1000,
    dataDir,
    objects,
    isOurHost: () => true,
    onEvent: () => undefined,
    onFailure: () => undefined,
    now: Date.now,
    log: silent,
  });

it('a MinIO of our own needs a container engine, and nothing is left open without one', async () => {
  await expect(open({ kind: 'minio', image: 'minio' })).rejects.toMatchObject({
    code: 'unavailable',
    message: '--objects minio needs a container engine.',
  });
  const { db, buckets } = await open({ kind: 'embedded' });
  await buckets.close();
  await db.close();
});

it('a store that is given is spoken to with its own keys', async () => {
  const url = 'http://127.0.0.1:1';
  const { db, buckets } = await open({ kind: 'endpoint', url, accessKey: 'key', secretKey: 'secret' });
  const port = { number: 0, explicit: false };
  const listening = listenFrom(port, (number) => buckets.listen('127.0.0.1', number), {
    what: 'S3',
    flag: '--s3-port',
  });
  await expect(listening).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^The store at http:\/\/127\.0\.0\.1:1 does not answer: /),
  });
  expect(buckets.endpoint()).toEqual({ url, region: 'us-east-1', accessKey: 'key', secretKey: 'secret' });
  await buckets.close();
  await db.close();
});
