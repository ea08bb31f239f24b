import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RollOptions, roll, type Start } from '../../../../src/objects/embedded/rules/rolling.ts';
import { openDatabase } from '../../../../src/store/database.ts';
import { createObjects } from '../../../../src/store/objects.ts';

const bytes = (text: string) => Buffer.from(text);
const inOrder = (keys: string[]) => [...new Set(keys)].sort((a, b) => Buffer.compare(bytes(a), bytes(b)));

/** All names of the listing, rolled up, in order: slow and plainly right. */
function names(keys: string[], { prefix, delimiter }: { prefix: string; delimiter: string }): string[] {
  const rolled = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      return at < 0 ? key : key.slice(0, at + delimiter.length);
    });
  return inOrder(rolled);
}

const nameOf = (entry: { item: { key: string } } | { prefix: string }) =>
  'prefix' in entry ? entry.prefix : entry.item.key;

const piece = fc.constantFrom(
  'a',
  'b',
  'ab',
  '/',
  '//',
  '.',
  'é',
  '\u{ffff}',
  '\u{10ffff}',
  '\u{1f600}',
  '\ud7ff',
  ' ',
  '0',
);
const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const key = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
const question = fc.record({
  keys: fc.array(key, { maxLength: 40 }).map(inOrder),
  prefix: text,
  delimiter: fc.constantFrom('', '/', 'a', '//', 'é', '\u{10ffff}'),
  after: text,
  limit: fc.integer({ min: 1, max: 7 }),
});

const fromList =
  (keys: string[]) =>
  ({ key: from, inclusive }: Start) =>
    keys.filter((k) => Buffer.compare(bytes(k), bytes(from)) > (inclusive ? -1 : 0)).map((k) => ({ key: k }));

describe('a page of a listing', () => {
  it('holds the first names after the marker', () => {
    fc.assert(
      fc.property(question, ({ keys, ...options }) => {
        const expected = names(keys, options).filter((name) => Buffer.compare(bytes(name), bytes(options.after)) > 0);
        const page = roll(options, fromList(keys));
        expect(page.entries.map(nameOf)).toEqual(expected.slice(0, options.limit));
        expect(page.truncated).toBe(expected.length > options.limit);
      }),
      { numRuns: 3000 },
    );
  });

  it('with its followers holds every name once, asked of the database', async () => {
    const db = openDatabase(':memory:');
    const objects = createObjects(db);
    let bucket = 0;
    await fc.assert(
      fc.asyncProperty(question, async ({ keys, ...options }) => {
        bucket += 1;
        const name = `b${bucket}`;
        await db.write(() => {
          for (const k of keys) objects.add(objectOf(name, k, objects.nextSeq(0)));
        });
        expect(allPages(options, (start) => objects.current({ bucket: name, ...start }))).toEqual(names(keys, options));
      }),
      { numRuns: 300 },
    );
    await db.close();
  });
});

function allPages(options: RollOptions, scan: (start: Start) => Iterable<{ key: string }>): string[] {
  const found: string[] = [];
  for (;;) {
    const page = roll({ ...options, after: found.at(-1) ?? '' }, scan);
    found.push(...page.entries.map(nameOf));
    if (!page.truncated) return found;
  }
}

const objectOf = (bucket: string, key: string, seq: number) => ({
  bucket,
  key,
  version: 'null',
  seq,
  marker: false,
  size: 0,
  etag: '',
  modifiedAt: 0,
  meta: { headers: {} },
  blobs: [],
});
