import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import type { Row } from '../../src/cli/diff/compare.ts';
import { firstDifference, type Item, textOf } from '../../src/cli/diff/content.ts';
import { textDiff } from '../../src/cli/diff/lines.ts';
import { createMask, withoutPlatform } from '../../src/cli/diff/masks.ts';
import { verdictText } from '../../src/cli/diff/report.ts';
import type { Seen } from '../../src/cli/diff/trial.ts';
import { unzip } from '../../src/cli/diff/unzip.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `${from + index}\n`).join('');

describe('a difference of texts', () => {
  const rows: [title: string, before: string, after: string, lines: string[]][] = [
    ['none', 'a\nb\n', 'a\nb\n', []],
    [
      'of one line, with what is around it',
      numbers(0, 9),
      `${numbers(0, 4)}x\n${numbers(5, 9)}`,
      ['@@ line 3 @@', ' 2', ' 3', '-4', '+x', ' 5', ' 6'],
    ],
    ['of a line that came', 'a\nc\n', 'a\nb\nc\n', ['@@ line 1 @@', ' a', '+b', ' c']],
    [
      'of two places',
      `a\n${numbers(0, 6)}z\n`,
      `b\n${numbers(0, 6)}y\n`,
      ['@@ line 1 @@', '-a', '+b', ' 0', ' 1', '@@ line 6 @@', ' 4', ' 5', '-z', '+y'],
    ],
    ['of an end without a new line', 'a\n', 'a', ['@@ line 1 @@', ' a', '+\\ no newline at the end']],
    ['from nothing', '', 'a\n', ['@@ line 1 @@', '+a']],
    ['of what would move the cursor', 'a\n', '\x1b[2Ja\r\n', ['@@ line 1 @@', '-a', '+\\x1b[2Ja\\x0d']],
  ];
  it.each(rows)('%s', (_title, before, after, lines) => expect(textDiff(before, after)).toEqual(lines));

  it('stays on a screen, and says how much is left out', () => {
    const lines = textDiff(numbers(0, 100), numbers(100, 200));
    expect([lines.length, lines.at(-1)]).toEqual([25, '… 177 more lines']);
  });

  it('of thousands of lines is told at once', () => {
    expect(textDiff(numbers(0, 20_000), `x\n${numbers(1, 19_999)}y\n`).slice(0, 3)).toEqual([
      '@@ line 1 @@',
      '-0',
      '-1',
    ]);
  });
});

describe('two contents', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-diff-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const item = (name: string, bytes: Buffer): Item => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return { name, size: bytes.length, sha256: '', file };
  };
  const long = Buffer.alloc(200_000, 'a');
  const changed = Buffer.from(long);
  changed[150_000] = 0;

  it.each([
    ['in the first byte', Buffer.from('a'), Buffer.from('b'), 0],
    ['far behind', long, changed, 150_000],
    ['where one ends', Buffer.from('abc'), Buffer.from('abcd'), 3],
    ['where one ends at the end of a part', long.subarray(0, 65_536), long, 65_536],
    ['where there is nothing', Buffer.alloc(0), Buffer.from('a'), 0],
  ])('differ %s', async (_where, one, two, at) => {
    expect(await firstDifference(item('one', one), item('two', two))).toBe(at);
  });

  it.each([
    ['words', Buffer.from('grün\n'), 'grün\n'],
    ['bytes', Buffer.from([0xff, 0xfe]), undefined],
    ['a NUL behind the beginning', Buffer.concat([Buffer.alloc(9000, 'a'), Buffer.alloc(1)]), undefined],
    ['what is too long', Buffer.alloc(300_000, 'a'), undefined],
  ])('are text or not: %s', async (_what, bytes, text) => expect(await textOf(item('text', bytes))).toBe(text));
});

describe('what the platform made up', () => {
  const status = {
    ...{ api: 'http://127.0.0.1:4001', s3: 'http://127.0.0.1:4002', exposed: 'http://127.0.0.1:4003' },
    ...{ password: 'opensesame', accessKey: 'AKAK', secretKey: 'SKSK', dataDir: '/tmp/x (1)/sandbox-0' },
  } as Status;
  const mask = createMask({ status, invocation: 'demo-1b4e28ba', token: 'f00f' });

  it.each([
    ['/tmp/x (1)/sandbox-0/work/tasks/demo.1/in/a.txt', '<task>/in/a.txt'],
    ['/oscar/tasks/demo.12/out', '<task>/out'],
    ['/tmp/tmpab_c12x9/in.txt and /tmp/tmpfile', '<task>/in.txt and /tmp/tmpfile'],
    ['/tmp/x (1)/sandbox-0/objects', '<data>/objects'],
    ['job demo-1b4e28ba of demo-1b4e28bb', 'job <job> of demo-1b4e28bb'],
    ['curl http://127.0.0.1:4002/b -u AKAK:SKSK', 'curl <url>/b -u <access-key>:<secret-key>'],
    ['{"eventTime":"2026-01-01T00:00:00Z","key":"a"}', '{"eventTime":"…","key":"a"}'],
    ['it is 2026-01-01T00:00:00Z', 'it is 2026-01-01T00:00:00Z'],
  ])('%s → %s', (text, masked) => expect(mask(text)).toBe(masked));

  it('is no line of the log, and an empty line of the script is one', () => {
    const log = '[sandbox] read a/b (1 byte)\n\nhello [sandbox] \n2026-01-01 10:00:00,123 - supervisor - INFO - x\n';
    expect(withoutPlatform(log)).toEqual(['', 'hello [sandbox] ']);
  });

  it('is no line of the log either where the supervisor ends it twice', () => {
    const said = "2026-01-01 10:00:00,123 - supervisor - INFO - event_records = {'eventVersion': '2.0'} \n\n";
    expect(withoutPlatform(`${said}\nhello\n`)).toEqual(['', 'hello']);
  });
});

describe('a zip', () => {
  /** One entry, packed or not, with a longer header than the directory says. */
  const zipOf = (name: string, content: string, packed: boolean): Buffer => {
    const bytes = packed ? deflateRawSync(content) : Buffer.from(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(4, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(packed ? 8 : 0, 10);
    entry.writeUInt32LE(bytes.length, 20);
    entry.writeUInt16LE(name.length, 28);
    const head = Buffer.concat([local, Buffer.from(name), Buffer.alloc(4), bytes]);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(head.length, 16);
    return Buffer.concat([head, entry, Buffer.from(name), end]);
  };

  it.each([[true], [false]])('is read by its directory, packed: %s', (packed) => {
    const found = unzip(zipOf('a/b.txt', 'hello hello hello', packed));
    expect(found.map(({ name, bytes }) => [name, bytes.toString()])).toEqual([['a/b.txt', 'hello hello hello']]);
  });

  it.each([[true], [false]])('that holds too much is told before it is unpacked, packed: %s', (packed) => {
    const zip = zipOf('a', 'x'.repeat(1001), packed);
    expect(() => unzip(zip, 1000)).toThrow('holds more than 1000 bytes');
    expect(unzip(zip, 1001)).toHaveLength(1);
  });

  it('that is damaged is told', () => {
    const zip = zipOf('a', 'hello', true);
    const elsewhere = Buffer.from(zip);
    elsewhere.writeUInt32LE(2 ** 31, zip.length - 6);
    const other = Buffer.from(zip).fill(0xff, 35, 40);
    for (const one of [elsewhere, other]) expect(() => unzip(one)).toThrow('cannot be read');
  });

  it('that is none is told', () => expect(() => unzip(Buffer.from('no zip'))).toThrow('cannot be read'));
});

it('names and reasons reach a terminal without what would move its cursor', () => {
  const rows: Row[] = [
    {
      what: 'outputs',
      cells: ['1 file', 'none'],
      same: false,
      findings: [{ executor: 'docker', name: 'out/\u001b[2J', text: 'only on local, 1 byte' }],
    },
  ];
  const seen = ['local', 'docker'].map((executor) => ({ executor })) as Seen[];
  const notes = ['Storing out/\r\u001b]0;x\u0007 failed.'];
  const text = verdictText({ service: 'a', how: 'run', same: false, seen, rows, notes }, (_, plain) => plain);
  expect(text).toContain('out/\\x1b[2J: only on local');
  expect(text).toContain('note: Storing out/\\x0d\\x1b]0;x\\x07 failed.');
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});
