/** Where a scan over keys starts. */
export interface Start {
  key: string;
  inclusive: boolean;
  /** Goes on after this one among several that have that key. */
  within?: string;
}

export interface RollOptions {
  prefix: string;
  delimiter: string;
  /** Only what comes after this name; with `within` also the rest of what has that very name. */
  after: string;
  within?: string;
  limit: number;
}

export type Entry<T> = { item: T } | { prefix: string };

export interface Rolled<T> {
  entries: Entry<T>[];
  truncated: boolean;
}

/**
 * One page of a listing: keys in order, those with a delimiter after the prefix rolled up into one entry each. The scan
 * is only read as far as the page goes, and a rolled-up group is jumped over, whatever is in it.
 */
export function roll<T extends { key: string }>(options: RollOptions, scan: (start: Start) => Iterable<T>): Rolled<T> {
  const entries: Entry<T>[] = [];
  if (options.limit === 0) return { entries, truncated: false };
  let start = firstStart(options);
  while (start) {
    const end = walk(options, scan(start), entries);
    if (end === 'full') return { entries, truncated: true };
    start = end;
  }
  return { entries, truncated: false };
}

function walk<T extends { key: string }>(
  { prefix, delimiter, limit }: RollOptions,
  rows: Iterable<T>,
  entries: Entry<T>[],
): Start | 'full' | undefined {
  for (const item of rows) {
    if (!item.key.startsWith(prefix)) return undefined;
    if (entries.length === limit) return 'full';
    const group = groupOf(item.key, prefix, delimiter);
    if (group !== undefined) {
      entries.push({ prefix: group });
      return afterGroup(group);
    }
    entries.push({ item });
  }
  return undefined;
}

function firstStart({ prefix, delimiter, after, within }: RollOptions): Start | undefined {
  if (after === '' || Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0) {
    return { key: prefix, inclusive: true };
  }
  const group = after.startsWith(prefix) ? groupOf(after, prefix, delimiter) : undefined;
  if (group !== undefined) return afterGroup(group);
  return { key: after, inclusive: false, ...(within === undefined ? {} : { within }) };
}

function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (!delimiter) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

const afterGroup = (group: string): Start | undefined => {
  const key = successor(group);
  return key === undefined ? undefined : { key, inclusive: true };
};

/** The first string, in the order of UTF-8 bytes, that comes after everything that starts with `text`. */
function successor(text: string): string | undefined {
  const points = [...text];
  for (;;) {
    const last = points.pop()?.codePointAt(0);
    if (last === undefined) return undefined;
    if (last === 0x10ffff) continue;
    // Surrogates are no characters: the next one after U+D7FF is U+E000.
    const next = last === 0xd7ff ? 0xe000 : last + 1;
    return points.join('') + String.fromCodePoint(next);
  }
}
