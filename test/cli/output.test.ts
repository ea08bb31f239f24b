import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createOutput, table } from '../../src/cli/output.ts';
import { intoStdout, isBinary } from '../../src/cli/sink.ts';

function streams(isTTY: boolean) {
  const said = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => {
    const write = (part: Buffer, _encoding: string, done: () => void) => {
      said[name] += part;
      done();
    };
    return Object.assign(new Writable({ write }), { isTTY });
  };
  return { said, streams: { stdout: sink('stdout'), stderr: sink('stderr') } };
}

async function* parts(...all: (string | number[])[]): AsyncGenerator<Buffer> {
  for (const part of all) yield typeof part === 'string' ? Buffer.from(part) : Buffer.from(part);
}

it('an answer that is no text is kept from a terminal, with a hint', async () => {
  const { said, streams: both } = streams(true);
  const refusal = intoStdout(createOutput(both, false), parts([0x89, 0x50, 0]), 'Use -o.');
  await expect(refusal).rejects.toMatchObject({ code: 'invalid', hint: 'Use -o.' });
  expect(said.stdout).toBe('');
});

const endings: [where: string, isTTY: boolean, stdout: string][] = [
  ['a terminal gets a line end after the last line', true, 'answer\n'],
  ['a pipe gets the very bytes', false, 'answer'],
];
it.each(endings)('%s', async (_where, isTTY, stdout) => {
  const { said, streams: both } = streams(isTTY);
  await intoStdout(createOutput(both, false), parts('ans', 'wer'), '');
  expect(said.stdout).toBe(stdout);
});

describe('bytes are binary when they cannot be text', () => {
  const rows: [bytes: Buffer, binary: boolean][] = [
    [Buffer.from('plain'), false],
    [Buffer.from('grün – 日本'), false],
    [Buffer.from('cut in the middle of ü').subarray(0, -1), false],
    [Buffer.from([0x61, 0]), true],
    [Buffer.from([0xff, 0xfe, 0x61]), true],
    [Buffer.alloc(0), false],
  ];
  it.each(rows)('%j → %s', (bytes, binary) => expect(isBinary(bytes)).toBe(binary));
});

it('a table is as wide as its cells and ends no line in blanks', () => {
  expect(
    table(
      ['NAME', 'A'],
      [
        ['long-name', ''],
        ['b', 'c'],
      ],
    ),
  ).toBe('NAME       A\nlong-name\nb          c');
});

it('a bug is told with its place, a refusal without', () => {
  const { said, streams: both } = streams(false);
  createOutput(both, false).error(new TypeError('x is not a function'));
  expect(said.stderr).toMatch(/^error: x is not a function\nTypeError: x is not a function\n {4}at /);
});
