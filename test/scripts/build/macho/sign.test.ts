import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parted } from '../../../../scripts/build/macho/blobs.ts';
import { type Directory, readDirectory } from '../../../../scripts/build/macho/directory.ts';
import { readMachO } from '../../../../scripts/build/macho/layout.ts';
import { end } from '../../../../scripts/build/macho/numbers.ts';
import { sign, signed } from '../../../../scripts/build/macho/sign.ts';
import { findings } from '../../../../scripts/build/macho/verify.ts';
import { at, changed, program } from './image.ts';

const addon = (cpu: string) =>
  readFileSync(join(import.meta.dirname, `../../../../node_modules/better-sqlite3/prebuilds/darwin-${cpu}.node`));
const linked = addon('arm64');

function directoryOf(bytes: Buffer): Directory {
  const { signature } = readMachO(bytes);
  const blobs = signature && parted(bytes.subarray(signature.offset, end(signature)));
  const found = Array.isArray(blobs) && blobs[0] && readDirectory(blobs[0].bytes);
  if (!found || typeof found === 'string') throw new Error('The first blob is no code directory.');
  return found;
}

describe('what is signed', () => {
  const rows: [what: string, bytes: Buffer][] = [
    ['a program for x64', program({ cpu: 'x64' })],
    ['a program for arm64', program({ cpu: 'arm64' })],
    ['a program with just enough room for the load command', program({ room: 16 })],
    ['a library that was never signed', addon('x64')],
    ['a library that its linker signed', linked],
  ];
  it.each(rows)('is found whole: %s', (_what, bytes) => expect(findings(signed(bytes, 'test'))).toEqual([]));
  it.each(rows)('stays the same when it is signed again: %s', (_what, bytes) => {
    const once = signed(bytes, 'test');
    expect(signed(once, 'test').equals(once)).toBe(true);
  });
  it.each(rows)('has its old content behind the load commands: %s', (_what, bytes) => {
    const { signature, commandsEnd } = readMachO(bytes);
    const content = [commandsEnd + 16, signature?.offset ?? bytes.length] as const;
    expect(
      signed(bytes, 'test')
        .subarray(...content)
        .equals(bytes.subarray(...content)),
    ).toBe(true);
  });
});

describe('the signature', () => {
  it('is ad hoc, of the whole program and of the name that was asked for', () => {
    const bytes = signed(program(), 'oscar-sandbox');
    const { limit, text, ...rest } = directoryOf(bytes);
    expect(rest).toMatchObject({
      identifier: 'oscar-sandbox',
      adHoc: true,
      algorithm: 'sha256',
      pageSize: 4096,
      pages: 13,
    });
    expect(text).toEqual({ offset: 0, size: 49152, program: true });
    expect([limit, limit % 16]).toEqual([readMachO(bytes).signature?.offset, 0]);
  });

  it('has the hashes that a linker of macOS has for the same pages', () => {
    const [ours, theirs] = [directoryOf(signed(linked, 'test')), directoryOf(linked)];
    expect([ours.pages, ours.limit]).toEqual([theirs.pages, theirs.limit]);
    // The first page has the load commands, and in them the size of the signature.
    for (let page = 1; page < theirs.pages; page++) expect(ours.ofPage(page)).toEqual(theirs.ofPage(page));
  });

  it('of a library is no program’s', () => expect(directoryOf(signed(linked, 'test')).text?.program).toBe(false));

  it.each([
    ['x64', 4096],
    ['arm64', 16384],
  ] as const)('lies in memory to the end of a page of %s', (cpu, page) => {
    const linkedit = readMachO(signed(program({ cpu }), 'test')).segments.at(-1);
    expect(linkedit).toMatchObject({ name: '__LINKEDIT', memory: { size: page } });
  });
});

describe('what cannot be signed says why', () => {
  const made = program();
  const rows: [sentence: string, bytes: Buffer][] = [
    ['It is not a Mach-O: it is shorter than the header of one.', Buffer.from('#!/bin/sh\n')],
    ['It is not a Mach-O.', Buffer.from(`#!/bin/sh\n${'#'.repeat(40)}`)],
    ['It is a fat Mach-O: only one for a single CPU is read.', changed(made, (b) => b.writeUInt32BE(0xcafebabe, 0))],
    ['It is a 32-bit Mach-O: only 64-bit ones are read.', changed(made, (b) => b.writeUInt32LE(0xfeedface, 0))],
    ['It is for a CPU that is neither x64 nor arm64 (0x12).', changed(made, (b) => b.writeUInt32LE(0x12, 4))],
    ['It is cut: its load commands end at 400, the file at 200.', made.subarray(0, 200)],
    ['It is cut: __LINKEDIT ends at 49167, the file at 49000.', made.subarray(0, 49000)],
    [
      'Load command 1 of 6 does not fit into the load commands.',
      changed(made, (b) => b.writeUInt32LE(4000, at.text + 4)),
    ],
    [
      'Load command 1 of 6 does not fit into the load commands.',
      changed(made, (b) => b.writeUInt32LE(9, at.text + 64)),
    ],
    ['The load commands end at 376, the header says 400.', changed(made, (b) => b.writeUInt32LE(5, 16))],
    ['No room is left for a load command: 16 bytes are needed, 15 are there.', program({ room: 15 })],
    [
      'No room is left for a load command: 16 bytes are needed, 64 are there.',
      changed(made, (b) => b.writeUInt8(1, at.end)),
    ],
    ['Something stands behind __LINKEDIT, where the signature belongs.', Buffer.concat([made, Buffer.from('more')])],
    [
      'Something stands behind __LINKEDIT, where the signature belongs.',
      changed(made, (b) => b.writeUInt32LE(60000, at.text + 40)),
    ],
    [
      'The signature that it has is not the end of __LINKEDIT.',
      changed(signed(made, 'test'), (b) => b.writeUInt32LE(16, at.end + 12)),
    ],
    ['It has no segment __LINKEDIT.', changed(made, (b) => b.write('__OTHER', at.linkedit + 8))],
  ];
  it.each(rows)('%s', (sentence, bytes) => expect(() => signed(bytes, 'test')).toThrow(new Error(sentence)));
});

describe('a file is signed in place', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-sign-'));
    file = join(folder, 'program');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('and stays executable, with nothing beside it', () => {
    writeFileSync(file, program());
    chmodSync(file, 0o755);
    sign(file, 'test');
    expect(readFileSync(file).equals(signed(program(), 'test'))).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder)).toEqual(['program']);
  });

  it('or stays as it was, and the error names it', () => {
    writeFileSync(file, 'no program');
    expect(() => sign(file, 'test')).toThrow(`${file} cannot be signed. It is not a Mach-O`);
    expect(readFileSync(file, 'utf8')).toBe('no program');
    expect(readdirSync(folder)).toEqual(['program']);
  });
});
