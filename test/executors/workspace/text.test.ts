import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createLineSplitter } from '../../../src/executors/workspace/lines.ts';
import { createPrinted } from '../../../src/executors/workspace/printed.ts';
import { createReport } from '../../../src/executors/workspace/report.ts';
import { shellVariables } from '../../../src/executors/workspace/shellvariables.ts';
import { createUtf8Filter } from '../../../src/executors/workspace/utf8.ts';

const folder = mkdtempSync(join(tmpdir(), 'text-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cut = (data: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));

describe('output that is no UTF-8', () => {
  it.each([
    ['a lone byte', [0x61, 0xff, 0x62], 'ab'],
    ['an unfinished character', [0x61, 0xe2, 0x82, 0x62], 'ab'],
    ['an unfinished character at the end', [0x61, 0xe2, 0x82], 'a'],
    ['an overlong form', [0xc0, 0xaf, 0x61], 'a'],
    ['half a pair', [0xed, 0xa0, 0x80, 0x61], 'a'],
    ['whole characters', [...Buffer.from('é€😀')], 'é€😀'],
  ])('drops %s', (_, bytes, expected) => {
    for (const size of [1, 2, 3, 100]) {
      const filter = createUtf8Filter();
      expect(Buffer.concat(cut(Buffer.from(bytes), size).map(filter.push)).toString()).toBe(expected);
    }
  });

  it('passes any text through, however it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 9 }), (text, size) => {
        const filter = createUtf8Filter();
        expect(Buffer.concat(cut(Buffer.from(text), size).map(filter.push)).toString()).toBe(text);
      }),
    );
  });
});

describe('lines', () => {
  const split = (...chunks: string[]): string[] => {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.push(Buffer.from(chunk));
    splitter.flush();
    return lines;
  };
  it.each([
    [
      ['a\nb', 'c\n'],
      ['a', 'bc'],
    ],
    [
      ['a\n\n', 'end'],
      ['a', '', 'end'],
    ],
    [[''], []],
  ])('cuts %j into %j', (chunks, expected) => {
    expect(split(...chunks)).toEqual(expected);
  });
  it('passes an endless line on in pieces of 64 KiB', () => {
    const long = 'x'.repeat(200_000);
    for (const lines of [split(long), split(`${long}\n`), split(...cut(Buffer.from(long), 1000).map(String))]) {
      expect(lines.map((line) => line.length)).toEqual([65536, 65536, 65536, 3392]);
    }
  });
});

describe('what a script printed', () => {
  it('stays in memory while it is small', () => {
    const kept = createPrinted(join(folder, 'small'), () => undefined);
    kept.push(Buffer.from('a'));
    kept.push(Buffer.from('b'));
    expect(kept.finish()).toEqual({ bytes: Buffer.from('ab') });
  });
  it('goes into a file beyond 1 MiB, whole', () => {
    const file = join(folder, 'large');
    const kept = createPrinted(file, () => undefined);
    for (let i = 0; i < 30; i++) kept.push(Buffer.alloc(100_000, 65 + (i % 26)));
    expect(kept.finish()).toEqual({ file, size: 3_000_000 });
    const content = readFileSync(file, 'latin1');
    expect([content.length, content[0], content[2_900_000]]).toEqual([3_000_000, 'A', 'D']);
  });
  it('that cannot be kept is an error for the one who wants it, not for the one who prints', () => {
    const kept = createPrinted(join(folder, 'no', 'such', 'folder'), () => undefined);
    kept.push(Buffer.alloc(2 * 1024 * 1024, 65));
    expect(() => kept.finish()).toThrow('ENOENT');
  });
});

describe('variables for the shell', () => {
  it('are quoted', () => {
    expect(shellVariables({ A: "it's $HOME `x` \\ \n end", EMPTY: '' })).toEqual({
      text: "export A='it'\\''s $HOME `x` \\ \n end'\nexport EMPTY=''\n",
      leftOut: [],
    });
  });
  it.each([
    ['my-name', 'x', 'The variable my-name is left out: its name is not one that a shell can export.'],
    ['1ST', 'x', 'The variable 1ST is left out: its name is not one that a shell can export.'],
    ['UID', '5', 'The variable UID is left out: the shell keeps this name for itself.'],
    ['NUL', 'a\0b', 'The variable NUL is left out: it contains a NUL byte.'],
    [
      'LONG',
      'x'.repeat(131_072),
      'The variable LONG is left out: it is longer than 128 KiB, the most a variable can hold.',
    ],
  ])('%s is left out and said', (name, value, sentence) => {
    expect(shellVariables({ [name]: value })).toEqual({ text: '', leftOut: [sentence] });
  });
});

describe("the platform's lines", () => {
  it.each([
    ['DEBUG', 'iw'],
    ['INFO', 'iw'],
    ['', 'iw'],
    ['WARNING', 'w'],
    ['ERROR', ''],
    ['CRITICAL', ''],
  ])('at log_level %j: %s', (level, expected) => {
    const lines: string[] = [];
    const report = createReport(level, (line) => lines.push(line));
    report.info('i');
    report.warning('w');
    expect(lines).toEqual([...expected].map((letter) => `[sandbox] ${letter}`));
  });
});
