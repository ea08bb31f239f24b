import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeCache } from '../../src/cli/removal.ts';
import { unpack } from '../../src/daemon/cache.ts';

let root: string;
let cache: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'cache-')));
  cache = join(root, 'cache');
});
afterEach(() => rmSync(root, { recursive: true }));

const bytes = Buffer.from('the native part');
const folder = () => join(cache, 'sqlite');
const other = `${'0'.repeat(32)}.node`;
const isRoot = process.getuid?.() === 0;

/** Puts a file into the cache that is as old as a day. */
function old(name: string): void {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), name), '');
  utimesSync(join(folder(), name), new Date(), new Date(Date.now() - 86_400_000));
}

describe('unpacking into a cache', () => {
  it('removes what other versions have unpacked, and what they have not finished', async () => {
    for (const name of [other, `${other}.123-abcdef01`]) old(name);
    const file = await unpack(cache, bytes);
    expect(readdirSync(folder())).toEqual([basename(file)]);
    expect(readFileSync(file)).toEqual(bytes);
  });

  it('leaves what another version is unpacking at the same time', async () => {
    mkdirSync(folder(), { recursive: true });
    for (const name of [other, `${other}.123-abcdef01`]) writeFileSync(join(folder(), name), '');
    const file = await unpack(cache, bytes);
    expect(readdirSync(folder()).sort()).toEqual([other, `${other}.123-abcdef01`, basename(file)].sort());
  });

  it('leaves files and folders of others, even where one is named as ours are', async () => {
    old('thesis.sqlite');
    mkdirSync(join(folder(), 'photos'));
    mkdirSync(join(folder(), other));
    utimesSync(join(folder(), other), new Date(0), new Date(0));
    const file = await unpack(cache, bytes);
    expect(readdirSync(folder()).sort()).toEqual([other, basename(file), 'photos', 'thesis.sqlite'].sort());
  });

  it('follows a link of one’s own, to where it really leads', async () => {
    mkdirSync(join(root, 'disk'));
    symlinkSync(join(root, 'disk'), cache);
    expect(await unpack(cache, bytes)).toMatch(`${root}/disk/sqlite/`);
    chmodSync(join(root, 'disk'), 0o777);
    await expect(unpack(cache, bytes)).rejects.toThrow(`others may write to ${cache}`);
  });

  it.runIf(isRoot)('follows no link of somebody else, and makes nothing behind it', async () => {
    mkdirSync(join(root, 'disk'));
    symlinkSync(join(root, 'disk'), cache);
    lchownSync(cache, 65_534, 65_534);
    await expect(unpack(cache, bytes)).rejects.toThrow(`${cache} belongs to somebody else`);
    expect(readdirSync(join(root, 'disk'))).toEqual([]);
  });
});

describe('removing a cache', () => {
  it('goes through a link of one’s own, and leaves that', async () => {
    mkdirSync(join(root, 'disk'));
    symlinkSync(join(root, 'disk'), cache);
    await unpack(cache, bytes);
    expect(await removeCache([cache])).toEqual([cache]);
    expect(readdirSync(join(root, 'disk'))).toEqual([]);
  });

  it.runIf(isRoot)('goes through no link of somebody else', async () => {
    mkdirSync(join(root, 'disk'));
    symlinkSync(join(root, 'disk'), cache);
    const file = await unpack(cache, bytes);
    lchownSync(cache, 65_534, 65_534);
    expect(await removeCache([cache])).toEqual([]);
    expect(readFileSync(file)).toEqual(bytes);
  });
});
