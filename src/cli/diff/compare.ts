import { firstDifference, type Item, textOf } from './content.ts';
import { textDiff } from './lines.ts';
import type { Seen } from './trial.ts';

/** Something in which an executor differs from the first one. */
export interface Finding {
  executor: string;
  /** An object, a file of an answer; absent where the row says it all. */
  name?: string;
  text: string;
  /** How to get from the first executor's text to this one's. */
  lines?: string[];
}

/** One thing that is looked at: what it was on each executor, and whether that is the same. */
export interface Row {
  what: 'state' | 'exit code' | 'outputs' | 'response' | 'log' | 'seconds';
  cells: string[];
  /** Absent where that is not judged. */
  same?: boolean;
  findings: Finding[];
}

/** Compares what came of a service on each executor with what came of it on the first one. */
export async function compare(all: readonly [Seen, ...Seen[]]): Promise<Row[]> {
  const [first, ...others] = all;
  const items = (what: Row['what'], of: (seen: Seen) => Item[], masked: boolean) =>
    itemsRow({
      what,
      all,
      findings: Promise.all(others.map((other) => itemFindings({ first, other, of, masked }))),
      of,
    });
  return [
    plainRow('state', all, ({ state }) => state),
    plainRow('exit code', all, ({ exitCode }) => String(exitCode ?? '-')),
    await items('outputs', ({ outputs }) => outputs, false),
    ...(all.some(({ answer }) => answer) ? [await items('response', ({ answer = [] }) => answer, true)] : []),
    logRow(all),
    { what: 'seconds', cells: all.map(({ seconds }) => seconds?.toFixed(2) ?? '-'), findings: [] },
  ];
}

function plainRow(what: Row['what'], all: readonly Seen[], of: (seen: Seen) => string): Row {
  const cells = all.map(of);
  return { what, cells, same: new Set(cells).size === 1, findings: [] };
}

function logRow(all: readonly [Seen, ...Seen[]]): Row {
  const texts = all.map(({ log, mask }) => mask(log.map((line) => `${line}\n`).join('')));
  const findings = all.flatMap(({ executor }, index): Finding[] => {
    const [before = '', after = ''] = [texts[0], texts[index]];
    return before === after ? [] : [{ executor, text: 'other lines', lines: textDiff(before, after) }];
  });
  const cells = all.map(({ log }) => count(log.length, 'line'));
  return { what: 'log', cells, same: findings.length === 0, findings };
}

interface ItemsRow {
  what: Row['what'];
  all: readonly Seen[];
  of(seen: Seen): Item[];
  findings: Promise<Finding[][]>;
}

async function itemsRow({ what, all, of, findings }: ItemsRow): Promise<Row> {
  const found = (await findings).flat();
  const cells = all.map((seen) => {
    const items = of(seen);
    const bytes = count(
      items.reduce((sum, { size }) => sum + size, 0),
      'byte',
    );
    if (items.length === 0) return 'none';
    return what === 'response' && items.length === 1 ? bytes : `${count(items.length, 'file')}, ${bytes}`;
  });
  return { what, cells, same: found.length === 0, findings: found };
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

interface Pair {
  first: Seen;
  other: Seen;
  of(seen: Seen): Item[];
  /** What the platform made up may differ. */
  masked: boolean;
}

async function itemFindings(pair: Pair): Promise<Finding[]> {
  const { first, other, of } = pair;
  const { executor } = other;
  const [before, after] = [first, other].map((seen) => new Map(of(seen).map((item) => [item.name, item])));
  const findings: Finding[] = [];
  for (const name of [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].sort()) {
    const [one, two] = [before?.get(name), after?.get(name)];
    const only = (seen: Seen, { size }: Item) => ({
      executor,
      name,
      text: `only on ${seen.executor}, ${count(size, 'byte')}`,
    });
    if (!one && two) findings.push(only(other, two));
    else if (one && !two) findings.push(only(first, one));
    else if (one && two && one.sha256 !== two.sha256) findings.push(...(await difference(pair, one, two)));
  }
  return findings;
}

async function difference({ first, other, masked }: Pair, one: Item, two: Item): Promise<Finding[]> {
  const [before, after] = await Promise.all([textOf(one), textOf(two)]);
  const isText = before !== undefined && after !== undefined;
  const [shownBefore, shownAfter] = isText ? [first.mask(before), other.mask(after)] : ['', ''];
  const onlyMadeUp = isText && shownBefore === shownAfter;
  if (masked && onlyMadeUp) return [];
  const sizes = one.size === two.size ? `${count(one.size, 'byte')} on both` : `${one.size} and ${two.size} bytes`;
  const why = onlyMadeUp ? ', in names alone that the sandbox makes up' : '';
  const text = `${sizes}, first different at byte ${await firstDifference(one, two)}${why}`;
  const lines = isText
    ? textDiff(...(masked ? ([shownBefore, shownAfter] as const) : ([before, after] as const)))
    : undefined;
  return [{ executor: other.executor, name: one.name, text, ...(lines ? { lines } : {}) }];
}
