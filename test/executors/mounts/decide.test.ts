import { describe, expect, it } from 'vitest';
import { decide, laterOf } from '../../../src/executors/mounts/decide.ts';
import type { ObjectInfo } from '../../../src/objects/buckets.ts';

const file = (modified: number) => ({ size: 1, modified, changed: modified, inode: 1, mode: 0o644 });
const object = (etag: string, modifiedAt = 0): ObjectInfo => ({ key: 'k', size: 1, etag, contentType: '', modifiedAt });

const known = { here: file(1), etag: 'a' };
const here = { same: file(1), changed: file(2), gone: undefined };
const there = { same: object('a'), changed: object('b'), gone: undefined };

describe('what makes both sides alike', () => {
  it.each([
    ['same', 'same', 'nothing'],
    ['same', 'changed', 'download'],
    ['same', 'gone', 'delete here'],
    ['changed', 'same', 'upload'],
    ['changed', 'changed', 'compare'],
    ['changed', 'gone', 'upload'],
    ['gone', 'same', 'delete there'],
    ['gone', 'changed', 'download'],
    ['gone', 'gone', 'forget'],
  ] as const)('file %s, object %s: %s', (file, object, decision) => {
    expect(decide({ known, here: here[file], there: there[object] })).toBe(decision);
  });

  it.each([
    ['changed', 'changed', 'compare'],
    ['changed', 'gone', 'upload'],
    ['gone', 'changed', 'download'],
    ['gone', 'gone', 'nothing'],
  ] as const)('never alike before, file %s, object %s: %s', (file, object, decision) => {
    expect(decide({ here: here[file], there: there[object] })).toBe(decision);
  });

  it('a file with the content of old but another inode counts as changed', () => {
    expect(decide({ known, here: { ...file(1), inode: 2 }, there: there.same })).toBe('upload');
  });

  it('the later of two changes stays', () => {
    expect(laterOf(file(2), object('b', 1))).toBe('upload');
    expect(laterOf(file(1), object('b', 12))).toBe('download');
  });
});
