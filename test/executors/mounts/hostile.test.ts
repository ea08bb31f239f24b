import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { bucket, createGround, type Ground } from './ground.ts';

let ground: Ground;
let outside: string;
beforeEach(async () => {
  ground = await createGround();
  outside = join(ground.home, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'not yours');
});
afterEach(() => ground.close());

const path = (name: string) => join(ground.folder, name);

describe('keys that no path can have', () => {
  // The store itself refuses the worst of them, so one that does not is asked to show them.
  const showing = (keys: string[]): Buckets => ({
    ...ground.buckets,
    objects: async (...asked) => {
      const page = await ground.buckets.objects(...asked);
      const extra = keys.map((key) => ({ key: `data/${key}`, size: 1, etag: 'e', contentType: '', modifiedAt: 1 }));
      return { ...page, objects: [...page.objects, ...extra] };
    },
  });

  it.each([
    ['../up', 'a part of its name is ..'],
    ['a/../../up', 'a part of its name is ..'],
    ['./a', 'a part of its name is .'],
    ['a//b', 'a part of its name is empty'],
    ['/a', 'a part of its name is empty'],
    ['full/', 'it is a file with the name of a folder'],
    ['a\0b', 'its name has a zero byte'],
    ['\ud800', 'its name is no Unicode'],
    ['x'.repeat(256), 'a part of its name is longer than 255 bytes'],
    [`${'é'.repeat(128)}/a`, 'a part of its name is longer than 255 bytes'],
  ])('are left alone and said once: %j', async (key, why) => {
    await ground.put('good', 'good');
    const deleted: string[] = [];
    const buckets = showing([key]);
    const mount = ground.open({
      buckets: { ...buckets, delete: async (_bucket, gone) => void deleted.push(gone) },
    });
    await mount.ready;
    await mount.flush();
    expect(ground.files()).toEqual({ good: 'good' });
    expect(readdirSync(ground.home).sort()).toEqual(['copies', 'outside']);
    expect(deleted).toEqual([]);
    expect(ground.said).toHaveLength(1);
    expect(ground.said[0]).toContain(why);
  });

  it('stay in a bucket that keeps them', async () => {
    for (const key of ['a//b', 'tail/', 'x'.repeat(300)]) await ground.put(key, 'content');
    const mount = ground.open();
    await mount.flush();
    expect(ground.files()).toEqual({});
    expect(Object.keys(await ground.objects())).toHaveLength(3);
  });

  it('are in the folder as far as they can be when one is the folder of another', async () => {
    for (const key of ['a', 'a/b', 'a/c/d', 'ab']) await ground.put(key, key);
    const mount = ground.open();
    await mount.ready;
    expect(ground.files()).toEqual({ a: 'a', ab: 'ab' });
    await mount.flush();
    expect(Object.keys(await ground.objects())).toEqual(['a', 'a/b', 'a/c/d', 'ab']);
    await ground.buckets.delete(bucket, 'data/a', {});
    await mount.flush();
    expect(ground.files()).toEqual({ 'a/b': 'a/b', 'a/c/d': 'a/c/d', ab: 'ab' });
    await ground.put('a', 'in the way');
    await ground.put('a/e', 'beside');
    await mount.flush();
    await mount.flush();
    expect(ground.files()).toEqual({ 'a/b': 'a/b', 'a/c/d': 'a/c/d', 'a/e': 'beside', ab: 'ab' });
    expect(await ground.objects()).toMatchObject({ a: 'in the way' });
    expect(ground.said.filter((line) => line.includes('something else is in its place'))).toHaveLength(1);
  });

  it('with signs of every kind are files of that name', async () => {
    const names = ['with space', 'a+b&c=d?e#f%20', 'ünï/çødé ☃', '-rf', 'new\nline', 'back\\slash', '*', '\u{1f600}'];
    for (const name of names) await ground.put(name, name);
    const mount = ground.open();
    await mount.ready;
    expect(Object.keys(ground.files()).sort()).toEqual(names.toSorted());
    for (const name of names) ground.write(`again/${name}`, name);
    await mount.flush();
    expect(Object.keys(await ground.objects()).sort()).toEqual([...names, ...names.map((n) => `again/${n}`)].sort());
  });
});

describe('names that no key can be', () => {
  it('stay in the folder, and are told of when it is closed', async () => {
    const mount = ground.open();
    await mount.ready;
    const deep = Array.from({ length: 5 }, (_, n) => `${n}`.repeat(250)).join('/');
    ground.write(deep, 'too long');
    writeFileSync(Buffer.concat([Buffer.from(`${ground.folder}/`), Buffer.from([0xff, 0xfe])]), 'no text');
    ground.write('fine', 'fine');
    await mount.flush();
    expect(await ground.objects()).toEqual({ fine: 'fine' });
    expect(ground.said.some((line) => line.includes('its key would be longer than 1024 bytes'))).toBe(true);
    expect(ground.said.some((line) => line.includes('no UTF-8'))).toBe(true);
    expect(await mount.close()).toHaveLength(2);
  });
});

describe('a link in the folder', () => {
  it('is never followed, and what the bucket has in its place is left alone', async () => {
    for (const key of ['file', 'sub/a', 'sub/b']) await ground.put(key, key);
    const mount = ground.open();
    await mount.ready;
    rmSync(path('file'));
    rmSync(path('sub'), { recursive: true });
    symlinkSync(join(outside, 'secret'), path('file'));
    symlinkSync(outside, path('sub'));
    symlinkSync('/etc/passwd', path('fresh'));
    await ground.put('file', 'changed');
    await ground.put('sub/a', 'changed');
    await ground.put('sub/new', 'new');
    await mount.flush();
    expect(await ground.objects()).toEqual({ file: 'changed', 'sub/a': 'changed', 'sub/b': 'sub/b', 'sub/new': 'new' });
    expect(lstatSync(path('file')).isSymbolicLink()).toBe(true);
    expect(readdirSync(outside)).toEqual(['secret']);
    rmSync(path('sub'));
    rmSync(path('file'));
    await mount.flush();
    expect(Object.keys(await ground.objects())).toEqual(
      ['file', 'sub/a', 'sub/b', 'sub/new'].filter((k) => k !== 'sub/b'),
    );
  });

  const swap = (name: string) => {
    renameSync(path(name), path(`${name}-aside`));
    symlinkSync(outside, path(name));
  };

  it('that takes the place of a folder during a download leads it nowhere', async () => {
    await ground.put('sub/there', 'there');
    let swaps = 0;
    const fetch: Buckets['fetch'] = async (...asked) => {
      const info = await ground.buckets.fetch(...asked);
      if (asked[0].key.endsWith('/planted') && swaps === 0) {
        swaps += 1;
        swap('sub');
      }
      return info;
    };
    const mount = ground.open({ buckets: { ...ground.buckets, fetch } });
    await mount.ready;
    await ground.put('sub/planted', 'by the bucket');
    await mount.flush();
    expect(swaps).toBe(1);
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readdirSync(path('sub-aside'))).toEqual(['there']);
    expect(await ground.objects()).toMatchObject({ 'sub/planted': 'by the bucket' });
  });

  it.each(['upload', 'deletion'])('that takes the place of a folder before its %s leads it nowhere', async (move) => {
    let armed = false;
    // The folder is read while the bucket is asked for its list.
    const objects: Buckets['objects'] = async (...asked) => {
      const page = await ground.buckets.objects(...asked);
      if (armed) swap('sub');
      armed = false;
      return page;
    };
    const mount = ground.open({ buckets: { ...ground.buckets, objects } });
    await mount.ready;
    ground.write('sub/secret', 'mine');
    await mount.flush();
    if (move === 'upload') ground.write('sub/secret', 'mine too');
    else await ground.buckets.delete(bucket, 'data/sub/secret', {});
    armed = true;
    await mount.refresh();
    expect(armed).toBe(false);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('not yours');
    expect(Object.values(await ground.objects())).not.toContain('not yours');
  });

  it('that takes the place of a new folder is not opened to everybody', async () => {
    const before = statSync(outside).mode;
    symlinkSync(outside, join(ground.home, 'link'));
    await ground.put('sub/deep/a', 'a');
    mkdirSync(ground.folder, { recursive: true });
    symlinkSync(outside, path('sub'));
    await ground.open().ready;
    expect(statSync(outside).mode).toBe(before);
    expect(readdirSync(outside)).toEqual(['secret']);
  });
});

describe('what is no regular file', () => {
  it('is left alone', async () => {
    const mount = ground.open();
    await mount.ready;
    execFileSync('mkfifo', [path('pipe')]);
    ground.write('a', 'a');
    linkSync(path('a'), path('b'));
    await mount.flush();
    expect(await ground.objects()).toEqual({ a: 'a', b: 'a' });
    expect(existsSync(path('pipe'))).toBe(true);
    expect(ground.said.some((line) => line.includes('it is no regular file'))).toBe(true);
  });
});

describe('what must not pass for a deletion', () => {
  it('another folder in the place of the mount’s', async () => {
    const mount = ground.open();
    ground.write('a', 'a');
    await mount.flush();
    renameSync(ground.folder, `${ground.folder}-aside`);
    await expect(mount.flush()).rejects.toMatchObject({ code: 'unavailable' });
    mkdirSync(ground.folder);
    await expect(mount.flush()).rejects.toThrow('was replaced');
    expect(await ground.objects()).toEqual({ a: 'a' });
  });

  it('a bucket that is gone, or a store that does not answer', async () => {
    let away = false;
    const objects: Buckets['objects'] = async (...asked) => {
      if (away) throw new Error('the line is dead');
      return ground.buckets.objects(...asked);
    };
    const mount = ground.open({ buckets: { ...ground.buckets, objects } });
    ground.write('a', 'a');
    await mount.flush();
    away = true;
    await expect(mount.flush()).rejects.toThrow('the line is dead');
    away = false;
    await ground.buckets.remove(bucket);
    await expect(mount.flush()).rejects.toMatchObject({ code: 'not-found' });
    expect(ground.files()).toEqual({ a: 'a' });
    await expect(mount.close()).rejects.toMatchObject({ code: 'not-found' });
  });
});
