import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Mount, openMount } from '../../../src/executors/mounts/mount.ts';
import { silent } from '../../../src/log.ts';
import { createFakeBuckets, type FakeBuckets } from '../../fakes/buckets.ts';

// Nothing is closed to root: what a container's user closes to others is met as somebody else.
const nobody = 65534;
const isRoot = process.geteuid?.() === 0;

let home: string;
let folder: string;
let buckets: FakeBuckets;
let mount: Mount;
let said: string[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'closed-'));
  if (isRoot) {
    chownSync(home, nobody, nobody);
    process.seteuid?.(nobody);
  }
  folder = join(home, 'folder');
  buckets = createFakeBuckets();
  await buckets.create('mounted', {});
  said = [];
  mount = openMount({
    buckets,
    bucket: 'mounted',
    prefix: '',
    folder,
    writer: 'viewer',
    everyMs: 2 ** 30,
    now: Date.now,
    log: { ...silent, warn: (line, about) => void said.push(`${about?.path}: ${line}`) },
  });
  await put('shut/a');
  await put('fixed/a');
  await put('fixed/b');
  await mount.ready;
});
afterEach(async () => {
  await mount.close();
  if (isRoot) process.seteuid?.(0);
  rmSync(home, { recursive: true, force: true });
});

const put = (key: string, content = key) => buckets.put('mounted', key, { bytes: Buffer.from(content) }, {});
const mode = (path: string, bits: number) => chmodSync(join(folder, path), bits);
const told = (path: string) => said.filter((line) => line.startsWith(`${path}: `));

it('what the container’s user closed to others stays as it is on both sides, is told once, and follows when it opens', async () => {
  writeFileSync(join(folder, 'mine'), 'mine');
  mode('mine', 0o000);
  mode('shut', 0o000);
  mode('fixed', 0o555);
  await put('shut/a', 'changed');
  await put('fixed/new');
  await put('fixed/a', 'changed');
  await buckets.delete('mounted', 'fixed/b', {});
  await put('open');
  await mount.flush();
  await mount.flush();
  expect(Object.keys(buckets.contents()).sort()).toEqual([
    'mounted/fixed/a',
    'mounted/fixed/new',
    'mounted/open',
    'mounted/shut/a',
  ]);
  expect(readFileSync(join(folder, 'fixed/a'), 'utf8')).toBe('fixed/a');
  expect(readFileSync(join(folder, 'fixed/b'), 'utf8')).toBe('fixed/b');
  for (const path of ['mine', 'fixed/a', 'fixed/b', 'fixed/new']) {
    expect(told(path)).toEqual([expect.stringContaining('closed it to others')]);
  }
  expect(told('shut')).toEqual(['shut: It is left out of the mount: it may not be read.']);

  mode('mine', 0o600);
  mode('shut', 0o700);
  mode('fixed', 0o755);
  await mount.flush();
  expect(buckets.contents()).toEqual({
    'mounted/fixed/a': 'changed',
    'mounted/fixed/new': 'fixed/new',
    'mounted/mine': 'mine',
    'mounted/open': 'open',
    'mounted/shut/a': 'changed',
  });
  expect(readFileSync(join(folder, 'shut/a'), 'utf8')).toBe('changed');
  expect(readFileSync(join(folder, 'fixed/a'), 'utf8')).toBe('changed');
  expect(() => readFileSync(join(folder, 'fixed/b'))).toThrow('ENOENT');
});
