import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asking } from '../../../src/objects/minio/failures.ts';
import { sendInParts } from '../../../src/objects/minio/parts.ts';
import { openClient } from '../../../src/objects/minio/sdk.ts';
import { describeWith } from '../../clients/installed.ts';
import { bucketsContract } from '../../contracts/buckets.ts';
import { createWorld, type World } from './world.ts';

describeWith('minio', (program) => {
  bucketsContract('MinIO in a process', async () => {
    const world = await createWorld(program);
    return { buckets: world.objects, close: world.close };
  });

  describe('MinIO', () => {
    let world: World;
    beforeAll(async () => {
      world = await createWorld(program);
      await world.objects.create('inbox', {});
    });
    afterAll(() => world.close());

    it('honours the links that are signed for it', async () => {
      const what = { bucket: 'inbox', key: 'in/a b+c.txt', expiresSeconds: 60, contentType: 'text/plain' };
      const headers = { 'content-type': 'text/plain' };
      const put = await fetch(world.objects.presign({ ...what, method: 'PUT' }), {
        method: 'PUT',
        body: 'hello',
        headers,
      });
      expect(put.status).toBe(200);
      const got = await fetch(world.objects.presign({ ...what, method: 'GET' }));
      expect([got.headers.get('content-type'), await got.text()]).toEqual(['text/plain', 'hello']);
      const forged = world.objects.presign({ ...what, method: 'GET' }).replace('a%20b', 'another');
      expect((await fetch(forged)).status).toBe(403);
    });

    it('keeps a file that comes in parts as one object', async () => {
      const endpoint = world.objects.endpoint();
      const client = await openClient(endpoint);
      const content = randomBytes(12 * 2 ** 20);
      const file = join(world.folder, 'large');
      await writeFile(file, content);
      const what = { Bucket: 'inbox', Key: 'large', ContentType: 'application/x-large', Metadata: {} };
      const source = { file, size: content.length, partBytes: 5 * 2 ** 20 };
      const etag = await sendInParts({ client, ask: asking(() => endpoint.url) }, what, source);
      client.destroy();
      expect(etag).toMatch(/^[0-9a-f]{32}-3$/);
      const copy = join(world.folder, 'copy');
      const info = await world.objects.fetch({ bucket: 'inbox', key: 'large' }, copy);
      expect(info).toMatchObject({ size: content.length, etag, contentType: 'application/x-large' });
      const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      expect(digest(await readFile(copy))).toBe(digest(content));
    });

    it('that is away is told of with its address', async () => {
      await world.minio.stop();
      const { url } = world.objects.endpoint();
      await expect(world.objects.list()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(`The store at ${url} does not answer: `),
      });
    });
  });
});
