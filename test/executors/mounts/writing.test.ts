import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { bucket, createGround, type Ground } from './ground.ts';

let ground: Ground;
beforeEach(async () => {
  ground = await createGround();
});
afterEach(() => ground.close());

const path = (name: string) => join(ground.folder, name);
const puts = () => ground.world.heard.filter(({ event }) => event.name === 's3:ObjectCreated:Put');

describe('a file that is being written', () => {
  it('is not stored before its writer rests, and then whole', async () => {
    const mount = ground.open();
    await mount.ready;
    const file = openSync(path('long'), 'w');
    let parts = 0;
    const writer = setInterval(() => {
      writeSync(file, `part ${parts};`);
      parts += 1;
    }, 15);
    ground.write('short', 'done');
    await mount.flush();
    expect(Object.keys(await ground.objects())).toEqual(['short']);
    clearInterval(writer);
    closeSync(file);
    await mount.flush();
    expect((await ground.objects()).long).toBe(Array.from({ length: parts }, (_, n) => `part ${n};`).join(''));
    expect(puts()).toHaveLength(2);
  });

  it('is not stored with what came while it was read', async () => {
    const mount = ground.open();
    await mount.ready;
    ground.write('large', Buffer.alloc(40_000_000, 'x'));
    const flushed = mount.flush();
    await expect.poll(() => readdirSync(`${ground.folder}.staging`), { interval: 1 }).toHaveLength(1);
    appendFileSync(path('large'), 'the end');
    await flushed;
    expect(puts().map(({ event }) => event.size)).toEqual([40_000_007]);
  });

  it('is not replaced by an object that came while it was written', async () => {
    await ground.put('a', 'first');
    let armed = false;
    const fetch: Buckets['fetch'] = async (...asked) => {
      const info = await ground.buckets.fetch(...asked);
      if (armed) writeFileSync(path('a'), 'from the folder');
      armed = false;
      return info;
    };
    const mount = ground.open({ buckets: { ...ground.buckets, fetch } });
    await mount.ready;
    await ground.put('a', 'from the bucket');
    armed = true;
    await mount.flush();
    expect(ground.files()).toEqual({ a: 'from the folder' });
    expect(await ground.objects()).toEqual({ a: 'from the folder' });
  });

  it('is not lost when it is written in the moment in which it came', async () => {
    const mount = ground.open();
    await mount.ready;
    await ground.put('a', 'first');
    await mount.refresh();
    appendFileSync(path('a'), ' and more');
    await mount.flush();
    expect(await ground.objects()).toEqual({ a: 'first and more' });
  });
});

describe('an object that is being written', () => {
  it('appears in the folder whole or not at all, and is not stored again', async () => {
    const content = Buffer.alloc(30_000_000, 'y');
    await ground.buckets.put(bucket, 'data/large', { bytes: content }, {});
    const mount = ground.open();
    const sizes = new Set<number>();
    const watch = setInterval(() => sizes.add(lstatSync(path('large'), { throwIfNoEntry: false })?.size ?? -1), 1);
    await mount.ready;
    await mount.flush();
    clearInterval(watch);
    expect([...sizes].filter((size) => size !== -1 && size !== content.length)).toEqual([]);
    expect(puts()).toHaveLength(1);
    expect(readdirSync(`${ground.folder}.staging`)).toEqual([]);
  });
});

describe('much', () => {
  it('a large file goes both ways unharmed, and not through the memory', async () => {
    const size = 120_000_000;
    const block = createHash('sha256').update('seed').digest();
    const content = Buffer.alloc(size, block);
    const sum = createHash('md5').update(content).digest('hex');
    const mount = ground.open();
    await mount.ready;
    ground.write('large', content);
    await mount.flush();
    const [object] = (await ground.buckets.objects(bucket, { limit: 9 })).objects;
    expect(object).toMatchObject({ size, etag: sum });
    rmSync(ground.folder, { recursive: true });
    const again = ground.open({ folder: `${ground.folder}2` });
    await again.ready;
    expect(
      createHash('md5')
        .update(readFileSync(`${ground.folder}2/large`))
        .digest('hex'),
    ).toBe(sum);
  }, 60_000);

  it('two thousand files go both ways, and a further round asks for nothing but the list', async () => {
    const asked: string[] = [];
    const counting: Buckets = {
      ...ground.buckets,
      objects: async (...call) => {
        asked.push('list');
        return ground.buckets.objects(...call);
      },
      fetch: async (...call) => {
        asked.push('fetch');
        return ground.buckets.fetch(...call);
      },
      put: async (...call) => {
        asked.push('put');
        return ground.buckets.put(...call);
      },
    };
    const name = (side: string, n: number) => `${side}${n % 40}/file-${n}`;
    for (let n = 0; n < 1000; n += 1) await ground.put(name('there', n), `${n}`);
    const mount = ground.open({ buckets: counting });
    await mount.ready;
    for (let n = 0; n < 1000; n += 1) ground.write(name('here', n), `${n}`);
    await mount.flush();
    expect(Object.keys(ground.files())).toHaveLength(2000);
    expect(await ground.buckets.find(bucket)).toMatchObject({ objects: 2000 });
    asked.length = 0;
    await mount.flush();
    expect(asked).toEqual(['list', 'list']);
  }, 60_000);
});

describe('after a sandbox that was killed', () => {
  /** The mount forgets everything it knew, as if the program had ended. */
  const reopen = async (between: () => unknown) => {
    await between();
    const mount = ground.open();
    await mount.ready;
    await mount.flush();
    return mount;
  };

  it('both sides are merged, and neither loses a file', async () => {
    const before = ground.open();
    for (const name of ['same', 'changed-here', 'changed-there', 'gone-here', 'gone-there']) ground.write(name, name);
    await before.flush();
    await reopen(async () => {
      ground.write('changed-here', 'now this');
      await ground.put('changed-there', 'now that');
      rmSync(path('gone-here'));
      await ground.buckets.delete(bucket, 'data/gone-there', {});
      ground.write('new-here', '1');
      await ground.put('new-there', '2');
    });
    const merged = {
      'changed-here': 'now this',
      'changed-there': 'now that',
      'gone-here': 'gone-here',
      'gone-there': 'gone-there',
      'new-here': '1',
      'new-there': '2',
      same: 'same',
    };
    expect(ground.files()).toEqual(merged);
    expect(await ground.objects()).toEqual(merged);
  });

  it('what was on its way is cleared, and what is alike is not stored again', async () => {
    const before = ground.open();
    for (let n = 0; n < 20; n += 1) ground.write(`file-${n}`, `content ${n}`);
    await before.flush();
    const told = puts().length;
    writeFileSync(join(`${ground.folder}.staging`, 'half'), 'half a fi');
    await reopen(() => undefined);
    expect(puts().length).toBe(told);
    expect(existsSync(join(`${ground.folder}.staging`, 'half'))).toBe(false);
    expect(Object.keys(ground.files())).toHaveLength(20);
  });
});

describe('a store that fails', () => {
  it('is asked again, and a file that it refuses does not keep the others', async () => {
    let refuses = true;
    const put: Buckets['put'] = async (at, key, ...rest) => {
      if (refuses && key === 'data/bad') throw new Error('not this one');
      return ground.buckets.put(at, key, ...rest);
    };
    const mount = ground.open({ buckets: { ...ground.buckets, put }, everyMs: 20 });
    await mount.ready;
    for (const name of ['a', 'bad', 'c']) ground.write(name, name);
    await expect(mount.flush()).rejects.toThrow('not this one');
    expect(await ground.objects()).toEqual({ a: 'a', c: 'c' });
    expect(ground.said.filter((line) => line.includes('not this one'))).toHaveLength(1);
    refuses = false;
    await expect.poll(() => ground.objects(), { timeout: 10_000 }).toEqual({ a: 'a', bad: 'bad', c: 'c' });
  });
});
