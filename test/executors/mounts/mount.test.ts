import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Buckets } from '../../../src/objects/buckets.ts';
import { bucket, createGround, type Ground } from './ground.ts';

let ground: Ground;
beforeEach(async () => {
  ground = await createGround();
});
afterEach(() => ground.close());

const within2s = { timeout: 10_000, interval: 20 };

describe('a mount that runs', () => {
  it('has everything of the bucket when it is ready, for everybody to read and write', async () => {
    await ground.put('a.txt', 'a');
    await ground.put('deep/er/b.txt', 'b');
    await ground.buckets.put(bucket, 'elsewhere', { bytes: Buffer.from('x') }, {});
    await ground.open().ready;
    expect(ground.files()).toEqual({ 'a.txt': 'a', 'deep/er/b.txt': 'b' });
    const mode = (path: string) => statSync(join(ground.folder, path)).mode & 0o777;
    expect(['', 'deep', 'deep/er'].map(mode)).toEqual([0o777, 0o777, 0o777]);
    expect(mode('a.txt')).toBe(0o666);
  });

  it('shows each side what the other one does, by itself', async () => {
    const mount = ground.open({ everyMs: 50 });
    await mount.ready;
    await ground.put('new', 'from the bucket');
    await expect.poll(() => ground.files(), within2s).toEqual({ new: 'from the bucket' });
    ground.write('sub/made', 'from the folder');
    await expect
      .poll(() => ground.objects(), within2s)
      .toEqual({ new: 'from the bucket', 'sub/made': 'from the folder' });
    await ground.put('new', 'again');
    await expect.poll(() => ground.files(), within2s).toEqual({ new: 'again', 'sub/made': 'from the folder' });
    ground.write('new', 'and again');
    await expect.poll(() => ground.objects(), within2s).toMatchObject({ new: 'and again' });
    await ground.buckets.delete(bucket, 'data/new', {});
    await expect.poll(() => ground.files(), within2s).toEqual({ 'sub/made': 'from the folder' });
    rmSync(join(ground.folder, 'sub'), { recursive: true });
    await expect.poll(() => ground.objects(), within2s).toEqual({});
  });

  it('lies still while it is halted, and goes on when it is resumed', async () => {
    const mount = ground.open({ everyMs: 10 });
    await mount.ready;
    mount.halt();
    await mount.flush();
    await ground.put('a', '1');
    await mount.refresh();
    expect(ground.files()).toEqual({ a: '1' });
    ground.write('b', '2');
    mount.resume();
    await expect.poll(() => ground.objects(), within2s).toEqual({ a: '1', b: '2' });
  });
});

describe('a flush', () => {
  it('brings over what changed before it, both ways', async () => {
    await ground.put('gone-there', '1');
    await ground.put('gone-here', '2');
    const mount = ground.open();
    await mount.ready;
    await ground.put('new-there', '3');
    ground.write('new-here', '4');
    await ground.buckets.delete(bucket, 'data/gone-there', {});
    rmSync(join(ground.folder, 'gone-here'));
    await mount.flush();
    const both = { 'new-here': '4', 'new-there': '3' };
    expect(ground.files()).toEqual(both);
    expect(await ground.objects()).toEqual(both);
  });

  it('tells the bucket’s listeners of uploads and deletions, in the name of the service', async () => {
    const mount = ground.open();
    ground.write('a.json', '{}');
    await mount.flush();
    rmSync(join(ground.folder, 'a.json'));
    await mount.flush();
    expect(ground.world.heard.map(({ event }) => [event.name, event.key, event.writer])).toEqual([
      ['s3:ObjectCreated:Put', 'data/a.json', 'viewer'],
      ['s3:ObjectRemoved:Delete', 'data/a.json', 'viewer'],
    ]);
    expect(ground.world.heard[0]?.event.contentType).toBe('application/json');
  });

  it('does nothing when nothing changed, or a file was only touched', async () => {
    const mount = ground.open();
    ground.write('a', 'same');
    await ground.put('b', 'same');
    await mount.flush();
    const told = ground.world.heard.length;
    const { ino } = lstatSync(join(ground.folder, 'b'));
    await mount.flush();
    utimesSync(join(ground.folder, 'a'), 1, 1);
    chmodSync(join(ground.folder, 'b'), 0o600);
    await ground.put('b', 'same');
    await mount.flush();
    expect(ground.world.heard.length).toBe(told + 1);
    expect(lstatSync(join(ground.folder, 'b')).ino).toBe(ino);
  });

  it('notices content that changed although size and time are as before', async () => {
    const mount = ground.open();
    const file = join(ground.folder, 'a');
    ground.write('a', 'one');
    utimesSync(file, 1000, 1000);
    await mount.flush();
    ground.write('a', 'two');
    utimesSync(file, 1000, 1000);
    await mount.flush();
    expect(await ground.objects()).toEqual({ a: 'two' });
  });

  it('turns a file into a folder and back, whichever side does it', async () => {
    const mount = ground.open();
    ground.write('x', 'file');
    ground.write('y/z', 'below');
    await mount.flush();
    rmSync(join(ground.folder, 'x'));
    ground.write('x/inner', 'folder');
    await ground.buckets.delete(bucket, 'data/y/z', {});
    await ground.put('y', 'file');
    await mount.flush();
    const both = { 'x/inner': 'folder', y: 'file' };
    expect(ground.files()).toEqual(both);
    expect(await ground.objects()).toEqual(both);
  });

  it('moves what was moved', async () => {
    const mount = ground.open();
    ground.write('old/a', 'a');
    await mount.flush();
    renameSync(join(ground.folder, 'old'), join(ground.folder, 'new'));
    await mount.flush();
    expect(await ground.objects()).toEqual({ 'new/a': 'a' });
  });

  it('makes a folder of a marker, and no marker of a folder', async () => {
    await ground.put('', '');
    await ground.put('empty/', '');
    const mount = ground.open();
    await mount.ready;
    expect(statSync(join(ground.folder, 'empty')).isDirectory()).toBe(true);
    mkdirSync(join(ground.folder, 'mine'));
    await mount.flush();
    expect(Object.keys(await ground.objects())).toEqual(['', 'empty/']);
    await ground.buckets.delete(bucket, 'data/empty/', {});
    await mount.flush();
    expect(existsSync(join(ground.folder, 'empty'))).toBe(false);
    expect(existsSync(join(ground.folder, 'mine'))).toBe(true);
  });

  it('takes away the folders that a deletion in the bucket leaves empty', async () => {
    await ground.put('a/b/c', '1');
    const mount = ground.open();
    await mount.ready;
    await ground.buckets.delete(bucket, 'data/a/b/c', {});
    await mount.flush();
    expect(existsSync(join(ground.folder, 'a'))).toBe(false);
  });
});

describe('of two changes', () => {
  const both = async (then: 'file' | 'object') => {
    const mount = ground.open();
    ground.write('a', 'before');
    await mount.flush();
    const write = () => ground.write('a', 'file');
    const put = () => ground.put('a', 'object!');
    const after = async (start: number) => expect.poll(() => Date.now() - start).toBeGreaterThan(20);
    if (then === 'object') write();
    else await put();
    await after(Date.now());
    if (then === 'object') await put();
    else write();
    await mount.flush();
    return [ground.files(), await ground.objects()];
  };

  it('the later one stays, and the log tells which was replaced', async () => {
    expect(await both('file')).toEqual([{ a: 'file' }, { a: 'file' }]);
    expect(ground.said.filter((line) => line.includes('the object is replaced'))).toHaveLength(1);
  });

  it('the later one stays when it is the bucket’s', async () => {
    expect(await both('object')).toEqual([{ a: 'object!' }, { a: 'object!' }]);
    expect(ground.said.filter((line) => line.includes('the file is replaced'))).toHaveLength(1);
  });

  it('the later one stays when it comes while the other is brought over', async () => {
    let armed = false;
    const objects: Buckets['objects'] = async (...asked) => {
      const page = await ground.buckets.objects(...asked);
      if (armed) {
        armed = false;
        await ground.put('a', 'object!');
      }
      return page;
    };
    const mount = ground.open({ buckets: { ...ground.buckets, objects } });
    ground.write('a', 'before');
    await mount.flush();
    ground.write('a', 'file');
    const start = Date.now();
    await expect.poll(() => Date.now() - start).toBeGreaterThan(150);
    armed = true;
    await mount.flush();
    expect([ground.files(), await ground.objects()]).toEqual([{ a: 'object!' }, { a: 'object!' }]);
  });

  it('a change stays when the other is a deletion', async () => {
    const mount = ground.open();
    for (const name of ['here', 'there', 'touched']) ground.write(name, 'before');
    await mount.flush();
    ground.write('here', 'changed');
    await ground.buckets.delete(bucket, 'data/here', {});
    await ground.put('there', 'changed');
    rmSync(join(ground.folder, 'there'));
    chmodSync(join(ground.folder, 'touched'), 0o600);
    await ground.buckets.delete(bucket, 'data/touched', {});
    await mount.flush();
    const expected = { here: 'changed', there: 'changed' };
    expect(ground.files()).toEqual(expected);
    expect(await ground.objects()).toEqual(expected);
  });
});
