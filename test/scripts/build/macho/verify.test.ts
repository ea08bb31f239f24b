import { describe, expect, it } from 'vitest';
import { readMachO } from '../../../../scripts/build/macho/layout.ts';
import { signed } from '../../../../scripts/build/macho/sign.ts';
import { findings } from '../../../../scripts/build/macho/verify.ts';
import { at, changed, flipped, program } from './image.ts';

const whole = signed(program(), 'test');
const start = readMachO(whole).signature?.offset ?? 0;
/** Where the code directory begins: behind the index of three blobs. */
const directory = start + 36;

describe('a changed byte is found, by its page', () => {
  const rows: [index: number, found: string[]][] = [
    [28, ['Page 0 is not what was signed (sha256).']],
    [4096, ['Page 1 is not what was signed (sha256).']],
    [8191, ['Page 1 is not what was signed (sha256).']],
    [20000, ['Page 4 is not what was signed (sha256).']],
    [start - 1, ['Page 12 is not what was signed (sha256).']],
  ];
  it.each(rows)('byte %i', (index, found) => expect(findings(flipped(whole, index))).toEqual(found));

  it('pages in a row are told together, others apart', () => {
    const bytes = [100, 4100, 8200, 30000].reduce((sum, index) => flipped(sum, index + 400), whole);
    expect(findings(bytes)).toEqual([
      'Pages 0 to 2 are not what was signed (sha256).',
      'Page 7 is not what was signed (sha256).',
    ]);
  });

  it('wherever before the signature it is', () => {
    const missed: number[] = [];
    for (let index = 0; index < start; index += index < 512 ? 1 : 61)
      if (findings(flipped(whole, index)).length === 0) missed.push(index);
    expect(missed).toEqual([]);
  });
});

it('a file that is cut is found, wherever', () => {
  const missed: number[] = [];
  for (let length = 0; length < whole.length; length += 53)
    if (findings(whole.subarray(0, length)).length === 0) missed.push(length);
  expect(missed).toEqual([]);
});

it('a file without a signature is found', () => expect(findings(program())).toEqual(['It is not signed.']));

it('what is no Mach-O is told, not thrown', () =>
  expect(findings(Buffer.alloc(100, 'text'))).toEqual(['It is not a Mach-O.']));

describe('parts that lie wrong are found, although they are signed', () => {
  const long = (where: number, value: number) => (copy: Buffer) => copy.writeBigUInt64LE(BigInt(value), where);
  const word = (where: number, value: number) => (copy: Buffer) => copy.writeUInt32LE(value, where);
  const rows: [what: string, change: (copy: Buffer) => unknown, found: string[]][] = [
    ['more bytes than memory', long(at.text + 32, 100), ['__TEXT has 49152 bytes for 100 bytes of memory.']],
    [
      'in the middle of a page',
      long(at.text + 24, 2 ** 32 + 4096),
      ['__TEXT does not begin at a page of 16384 bytes.', '__TEXT and __LINKEDIT overlap in memory.'],
    ],
    [
      'longer than the file',
      long(at.text + 48, 60000),
      [
        '__TEXT lies at 0 to 60000 in a file of 49808 bytes.',
        '__TEXT has 60000 bytes for 49152 bytes of memory.',
        '__TEXT and __LINKEDIT overlap in the file.',
      ],
    ],
    ['a beginning in the header', long(at.main + 8, 399), ['The program begins at 399, outside the code.']],
    ['a beginning behind the code', long(at.main + 8, 49152), ['The program begins at 49152, outside the code.']],
    ['no beginning', word(at.main, 0x7fffffff), ['It does not say where the program begins.']],
    ['no macOS', word(at.minimum, 0x7fffffff), ['It does not say which macOS it needs.']],
    [
      'names before __LINKEDIT',
      word(at.symbols + 16, 49151),
      ['The names of symbols lie at 49151 to 49166, outside __LINKEDIT (49152 to 49168).'],
    ],
    [
      'symbols in the signature',
      word(at.symbols + 12, 2),
      ['The symbols lie at 49152 to 49184, outside __LINKEDIT (49152 to 49168).'],
    ],
  ];
  it.each(rows)('%s', (_what, change, found) =>
    expect(findings(signed(changed(program(), change), 'test'))).toEqual(found),
  );

  it('load commands in the first section', () => {
    const bytes = changed(whole, (copy) => copy.writeUInt32LE(at.end, at.text + 72 + 48));
    expect(findings(bytes)).toContain('The load commands end at 416, the first section begins at 400.');
  });
});

describe('a signature that is damaged itself is found', () => {
  const put = (where: number, value: number) => changed(whole, (copy) => copy.writeUInt32BE(value, where));
  const rows: [what: string, bytes: Buffer, found: string[]][] = [
    ['its beginning', put(start, 1), ['The signature does not begin as one.']],
    ['its length', put(start + 4, 99999), ['The signature is longer than its place.']],
    ['its count', put(start + 8, 99999), ['The signature is longer than its place.']],
    ['a place in its index', put(start + 16, 99999), ['Slot 0 of the signature lies outside it.']],
    ['no code directory', put(start + 12, 9), ['The signature has no SHA-256 code directory.']],
    [
      'the kind of its hashes',
      put(directory + 36, 0x20090c00),
      ['A code directory has hashes of a kind that is not known (9).', 'The signature has no SHA-256 code directory.'],
    ],
    [
      'the size of its hashes',
      put(directory + 36, 0x0002000c),
      [
        'The sha256 code directory has hashes of 0 bytes for pages of 4096.',
        'The signature has no SHA-256 code directory.',
      ],
    ],
    [
      'the size of its pages',
      put(directory + 36, 0x2002001f),
      [
        'The sha256 code directory has hashes of 32 bytes for pages of 2147483648.',
        'The signature has no SHA-256 code directory.',
      ],
    ],
    ['what it covers', put(directory + 32, 4096), ['The sha256 code directory covers 4096 bytes of 49168.']],
    ['how many pages', put(directory + 28, 12), ['The sha256 code directory has 12 pages of 13.']],
    [
      'more pages than it holds',
      put(directory + 28, 5000),
      [
        'The sha256 code directory is shorter than what it says it holds.',
        'The signature has no SHA-256 code directory.',
      ],
    ],
    ['a program or not', put(directory + 84, 0), ['The sha256 code directory is of another __TEXT.']],
    [
      'the requirements',
      put(start + whole.readUInt32BE(start + 24) + 8, 1),
      ['Slot 2 of the signature is not what was signed (sha256).'],
    ],
    [
      'a hash',
      flipped(whole, directory + whole.readUInt32BE(directory + 16) + 3 * 32),
      ['Page 3 is not what was signed (sha256).'],
    ],
  ];
  it.each(rows)('%s', (_what, bytes, found) => expect(findings(bytes)).toEqual(found));

  it('and no byte of it can make the reader stumble', () => {
    for (let index = start; index < whole.length; index++)
      expect(Array.isArray(findings(changed(whole, (copy) => copy.writeUInt8(0xff, index))))).toBe(true);
  });
});

it('a signature that is not at the end is found', () =>
  expect(findings(Buffer.concat([whole, Buffer.from('more')]))).toEqual([
    `__LINKEDIT ends at ${whole.length}, the file at ${whole.length + 4}.`,
    'The signature is not the end of __LINKEDIT.',
  ]));
