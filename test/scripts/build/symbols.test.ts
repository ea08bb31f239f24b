import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNeeds } from '../../../scripts/build/elf.ts';
import { withoutSymbols } from '../../../scripts/build/symbols.ts';

const addon = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../../node_modules/better-sqlite3/prebuilds/${name}.node`));

/** A file for x64 with an empty loaded part of 8 bytes, then debugging data, then the names of both. */
function made({ swapped = false, loadedNames = false } = {}): Buffer {
  const names = '\0.text\0.debug\0.names\0';
  const bytes = Buffer.alloc(64 + 8 + 100 + names.length + 4 * 64);
  const headers = bytes.length - 4 * 64;
  bytes.write('\x7fELF\x02\x01', 0, 'latin1');
  bytes.writeBigUInt64LE(BigInt(headers), 40);
  bytes.writeUInt16LE(4, 60);
  bytes.writeUInt16LE(3, 62);
  bytes.write('LOADED..', swapped ? 164 : 64);
  bytes.write(names, 172);
  const rows = [
    { name: 1, loaded: true, offset: swapped ? 164 : 64, size: 8 },
    { name: 7, loaded: false, offset: swapped ? 64 : 72, size: 100 },
    { name: 14, loaded: loadedNames, offset: 172, size: names.length },
  ];
  rows.forEach(({ name, loaded, offset, size }, index) => {
    const at = headers + (index + 1) * 64;
    bytes.writeUInt32LE(name, at);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeBigUInt64LE(loaded ? 2n : 0n, at + 8);
    bytes.writeBigUInt64LE(BigInt(offset), at + 24);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  });
  return bytes;
}

it('what is loaded stays where it is, and what is not goes', () => {
  const bytes = withoutSymbols(made());
  expect(bytes.subarray(64, 94).toString('latin1')).toBe('LOADED..\0.text\0.debug\0.names\0\0');
  const headers = Number(bytes.readBigUInt64LE(40));
  expect([headers, bytes.length]).toEqual([96, 96 + 3 * 64]);
  expect([bytes.readUInt16LE(60), bytes.readUInt16LE(62)]).toEqual([3, 2]);
  expect(bytes.readBigUInt64LE(headers + 2 * 64 + 24)).toBe(72n);
});

describe('a file without symbols', () => {
  it.each(['linux-x64', 'linux-arm64'])('needs what it needed, and stays as it is the second time: %s', (name) => {
    const once = withoutSymbols(addon(name));
    expect(readNeeds(once)).toEqual(readNeeds(addon(name)));
    expect(withoutSymbols(once).equals(once)).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('runs, and is smaller: this Node.js, on Linux', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-symbols-'));
    try {
      const [bytes, file] = [readFileSync(process.execPath), join(folder, 'node')];
      writeFileSync(file, withoutSymbols(bytes), { mode: 0o755 });
      expect(execFileSync(file, ['--version'], { encoding: 'utf8' })).toBe(`${process.version}\n`);
      expect(readFileSync(file).length).toBeLessThan(bytes.length * 0.9);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('what cannot be stripped says why', () => {
  const rows: [sentence: string, bytes: Buffer][] = [
    ['It is not a 64-bit little-endian ELF file.', Buffer.from('#!/bin/sh\n')],
    ['It is not a 64-bit little-endian ELF file.', addon('darwin-x64')],
    ['The headers of its sections are not in it.', made().subarray(0, 300)],
    ['The names of its sections are not where they can be moved.', made({ loadedNames: true })],
    ['Its symbols stand between its other parts, and cannot be taken out.', made({ swapped: true })],
  ];
  it.each(rows)('%s', (sentence, bytes) => expect(() => withoutSymbols(bytes)).toThrow(new Error(sentence)));
});
