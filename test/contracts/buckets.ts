import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Buckets } from '../../src/objects/buckets.ts';

export interface BucketsUnderTest {
  buckets: Buckets;
  close(): Promise<void>;
}

const text = (content: string) => ({ bytes: Buffer.from(content) });
const limit = 1000;

/** What every store of objects does, whoever keeps them. */
export function bucketsContract(name: string, open: () => Promise<BucketsUnderTest>): void {
  describe(`the store of objects: ${name}`, () => {
    let folder: string;
    let opened: BucketsUnderTest;
    let buckets: Buckets;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'buckets-'));
      opened = await open();
      buckets = opened.buckets;
    });
    afterAll(async () => {
      await opened?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const read = async (bucket: string, key: string) => {
      const file = join(folder, `read-${crypto.randomUUID()}`);
      const info = await buckets.fetch({ bucket, key }, file);
      return { info, content: await readFile(file, 'utf8') };
    };

    it('finds a bucket that was created, with its tags', async () => {
      expect(await buckets.find('fresh')).toBeUndefined();
      await buckets.create('fresh', { owner: 'me' });
      expect(await buckets.find('fresh')).toMatchObject({ name: 'fresh', tags: { owner: 'me' }, objects: 0, bytes: 0 });
      expect((await buckets.list()).map((bucket) => bucket.name)).toContain('fresh');
      expect(await buckets.tags('fresh')).toEqual({ owner: 'me' });
      expect(await buckets.tags('no-such')).toBeUndefined();
    });

    it('replaces the tags of a bucket', async () => {
      await buckets.create('tagged', { owner: 'me', purpose: 'test' });
      await buckets.tag('tagged', { owner: 'you' });
      expect((await buckets.find('tagged'))?.tags).toEqual({ owner: 'you' });
    });

    it('refuses a bucket that is there already, and a name that S3 forbids', async () => {
      await buckets.create('twice', {});
      await expect(buckets.create('twice', {})).rejects.toMatchObject({ code: 'conflict' });
      await expect(buckets.create('No_Such', {})).rejects.toMatchObject({ code: 'invalid' });
      await expect(buckets.create('ab', {})).rejects.toMatchObject({ code: 'invalid' });
    });

    it('keeps what is put, from memory and from a file', async () => {
      await buckets.create('kept', {});
      const put = await buckets.put('kept', 'in/a.txt', text('hello'), { contentType: 'text/plain' });
      expect(put).toMatchObject({ key: 'in/a.txt', size: 5, contentType: 'text/plain' });
      expect(put.etag).toBe('5d41402abc4b2a76b9719d911017c592');

      const file = join(folder, 'source');
      await writeFile(file, 'x'.repeat(100_000));
      await buckets.put('kept', 'in/b', { file, size: 100_000 }, {});
      expect(await read('kept', 'in/a.txt')).toMatchObject({ content: 'hello', info: { contentType: 'text/plain' } });
      expect((await read('kept', 'in/b')).content).toBe('x'.repeat(100_000));
      expect(await buckets.find('kept')).toMatchObject({ objects: 2, bytes: 100_005 });
    });

    it('overwrites an object and counts it once', async () => {
      await buckets.create('over', {});
      await buckets.put('over', 'key', text('first'), {});
      await buckets.put('over', 'key', text('second one'), {});
      expect((await read('over', 'key')).content).toBe('second one');
      expect(await buckets.find('over')).toMatchObject({ objects: 1, bytes: 10 });
    });

    it('keeps an object without content', async () => {
      await buckets.create('empty', {});
      await buckets.put('empty', 'nothing', text(''), {});
      expect(await read('empty', 'nothing')).toMatchObject({ content: '', info: { size: 0 } });
    });

    it.each(['../../etc/passwd', 'a//b', 'ünï/çødé ☃.txt', 'with space+plus&more=1?x#y', '/leading', 'con.txt'])(
      'takes %j as a key or refuses it, and never as a path',
      async (key) => {
        const bucket = `keys-${Buffer.from(key).toString('hex').slice(0, 50)}`;
        await buckets.create(bucket, {});
        const stored = await buckets.put(bucket, key, text(key), {}).catch((error: { code: string }) => error);
        if ('code' in stored) expect(stored.code).toBe('invalid');
        else expect((await read(bucket, key)).content).toBe(key);
      },
    );

    it('lists page by page in the order of UTF-8 bytes', async () => {
      await buckets.create('listed', {});
      const keys = ['b', 'a/1', 'a/2', 'é', 'a/3', 'Z', 'a-', '\u{1f600}', '\uffee'];
      for (const key of keys) await buckets.put('listed', key, text(key), {});
      const seen: string[] = [];
      let page: string | undefined;
      do {
        const got = await buckets.objects('listed', { limit: 2, ...(page ? { page } : {}) });
        expect(got.objects.length).toBeLessThanOrEqual(2);
        seen.push(...got.objects.map((object) => object.key));
        page = got.next;
      } while (page);
      expect(seen).toEqual(['Z', 'a-', 'a/1', 'a/2', 'a/3', 'b', 'é', '\uffee', '\u{1f600}']);
      const below = await buckets.objects('listed', { prefix: 'a/', limit });
      expect(below.objects.map((object) => object.key)).toEqual(['a/1', 'a/2', 'a/3']);
      expect(below.next).toBeUndefined();
    });

    it('deletes an object, and one that is not there without an error', async () => {
      await buckets.create('less', {});
      for (const key of ['in/a b', 'in/a', 'in-']) await buckets.put('less', key, text(key), {});
      await buckets.delete('less', 'in/a', {});
      await buckets.delete('less', 'in/a', { writer: 'someone' });
      await buckets.delete('less', 'never was', {});
      const left = await buckets.objects('less', { limit });
      expect(left.objects.map((object) => object.key)).toEqual(['in-', 'in/a b']);
      expect(await buckets.find('less')).toMatchObject({ objects: 2, bytes: 9 });
      await expect(read('less', 'in/a')).rejects.toMatchObject({ code: 'not-found' });
    });

    it('removes a bucket with everything in it', async () => {
      await buckets.create('gone', {});
      await buckets.put('gone', 'a', text('a'), {});
      await buckets.remove('gone');
      expect(await buckets.find('gone')).toBeUndefined();
      await buckets.create('gone', {});
      expect((await buckets.objects('gone', { limit })).objects).toEqual([]);
    });

    it('says that a name does not exist', async () => {
      await buckets.create('here', {});
      const missing = { code: 'not-found' };
      await expect(buckets.remove('no-such')).rejects.toMatchObject(missing);
      await expect(buckets.tag('no-such', {})).rejects.toMatchObject(missing);
      await expect(buckets.objects('no-such', { limit })).rejects.toMatchObject(missing);
      await expect(buckets.put('no-such', 'key', text(''), {})).rejects.toMatchObject(missing);
      await expect(buckets.delete('no-such', 'key', {})).rejects.toMatchObject(missing);
      await expect(read('no-such', 'key')).rejects.toMatchObject(missing);
      await expect(read('here', 'no-such')).rejects.toMatchObject(missing);
    });

    it('presigns an address with the endpoint in it', () => {
      const url = buckets.presign({ method: 'GET', bucket: 'kept', key: 'in/a b.txt', expiresSeconds: 60 });
      expect(url.startsWith(buckets.endpoint().url)).toBe(true);
      expect(new URL(url).pathname).toBe('/kept/in/a%20b.txt');
    });
  });
}
