import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsOf, readNeeds } from '../../../scripts/build/elf.ts';
import { beyond, demandFloor, floor, newest } from '../../../scripts/build/floor.ts';

const prebuilds = join(import.meta.dirname, '../../../node_modules/better-sqlite3/prebuilds');
const addon = (name: string) => join(prebuilds, `${name}.node`);

/** The addon for x64 with one name in it written over by another of the same length. */
function renamed(from: string, to: string): Buffer {
  const bytes = readFileSync(addon('linux-x64'));
  const at = bytes.indexOf(`\0${from}\0`) + 1;
  if (at === 0 || from.length !== to.length) throw new Error(`${from} cannot be made ${to}.`);
  bytes.write(to, at);
  return bytes;
}

describe('what a file needs is read from it', () => {
  it.each([
    ['x64', 'ld-linux-x86-64.so.2'],
    ['arm64', 'ld-linux-aarch64.so.1'],
  ])('the SQLite addon for %s', (cpu, loader) => {
    const needs = needsOf(addon(`linux-${cpu}`));
    expect(needs).toMatchObject({ cpu, libraries: ['libstdc++.so.6', 'libm.so.6', 'libc.so.6', loader] });
    expect(needs.interpreter).toBeUndefined();
    expect(newest(needs.versions)).toEqual({ GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.9' });
  });

  it.skipIf(process.platform !== 'linux')('this Node.js, on Linux', () => {
    const needs = needsOf(process.execPath);
    expect(needs).toMatchObject({ cpu: process.arch, interpreter: expect.stringMatching(/^\/lib(64)?\/ld-linux-/) });
    expect(newest(needs.versions)).toMatchObject({ GLIBC: '2.28', GLIBCXX: '3.4.21' });
  });
});

describe('what is beyond the floor is told', () => {
  const rows: [from: string, to: string, found: string[]][] = [
    ['GLIBC_2.34', 'GLIBC_2.33', []],
    ['GLIBC_2.34', 'GLIBC_2.35', ['It needs GLIBC 2.35; 2.34 is the most.']],
    ['GLIBC_2.34', 'GLIBC_10.1', ['It needs GLIBC 10.1; 2.34 is the most.']],
    ['GLIBCXX_3.4.29', 'GLIBCXX_3.4.30', ['It needs GLIBCXX 3.4.30; 3.4.29 is the most.']],
    ['CXXABI_1.3.9', 'GLIBC_2.36.1', ['It needs GLIBC 2.36.1; 2.34 is the most.']],
    ['GLIBCXX_3.4.29', 'GLIBC_ABI_RELR', ['It needs GLIBC_ABI_RELR.']],
    ['GLIBCXX_3.4.29', 'OPENSSL_3.0.29', ['It needs OPENSSL_3.0.29.']],
    ['libstdc++.so.6', 'libatomic.so.1', ['It needs the library libatomic.so.1.']],
  ];
  it.each(rows)('%s made %s', (from, to, found) => expect(beyond(readNeeds(renamed(from, to)), floor)).toEqual(found));

  it('a program that another loader starts', () => {
    const needs = { ...needsOf(addon('linux-x64')), interpreter: '/lib/ld-musl-x86_64.so.1' };
    expect(beyond(needs, floor)).toEqual(['It is started by /lib/ld-musl-x86_64.so.1.']);
  });
});

describe('a file on disk', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-floor-'));
    file = join(folder, 'addon.node');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['x64', 'arm64'] as const)('within the floor passes: the SQLite addon for %s', (cpu) =>
    expect(demandFloor(addon(`linux-${cpu}`), cpu)).toBeUndefined(),
  );

  it('for another CPU does not', () =>
    expect(() => demandFloor(addon('linux-arm64'), 'x64')).toThrow('It is for arm64, not for x64.'));

  it('beyond the floor does not, and everything is said at once', () => {
    writeFileSync(file, renamed('libstdc++.so.6', 'libatomic.so.1'));
    const than = { ...floor, versions: { ...floor.versions, GLIBC: '2.28' } };
    expect(() => demandFloor(file, 'x64', than)).toThrow(
      `${file} does not run on every machine that it is for. ` +
        'It needs GLIBC 2.34; 2.28 is the most. It needs the library libatomic.so.1.',
    );
  });

  it.each(['linuxmusl-x64', 'linuxmusl-arm64'])('for musl does not: %s', (name) =>
    expect(() => demandFloor(addon(name), name.endsWith('x64') ? 'x64' : 'arm64')).toThrow('the library libc.musl-'),
  );

  const x64 = readFileSync(addon('linux-x64'));
  const unreadable: [sentence: string, bytes: Buffer][] = [
    ['It is not an ELF file.', Buffer.from('#!/bin/sh\n')],
    ['It is not an ELF file.', readFileSync(addon('darwin-x64'))],
    ['It is cut: a part of it lies behind its end.', x64.subarray(0, 100)],
    ['It is cut: a part of it lies behind its end.', x64.subarray(0, 5000)],
    [
      'Only 64-bit little-endian ELF files are read.',
      Buffer.concat([Buffer.from('\x7fELF\x01\x01'), Buffer.alloc(99)]),
    ],
    [
      'It is for a CPU that is neither x64 nor arm64 (0xf3).',
      Buffer.concat([x64.subarray(0, 18), Buffer.from([0xf3]), x64.subarray(19)]),
    ],
  ];
  it.each(unreadable)('that cannot be read says why: %s', (sentence, bytes) => {
    writeFileSync(file, bytes);
    expect(() => needsOf(file)).toThrow(new Error(`${file} cannot be read as an ELF file. ${sentence}`));
  });
});
