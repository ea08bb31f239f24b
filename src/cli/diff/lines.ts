type Edit = [sign: ' ' | '-' | '+', line: string];

const around = 2;
const most = 24;
const widest = 200;
/** A table of more cells takes too long for what it shows. */
const mostCells = 1_000_000;

/** How to get from one text to the other, as `diff -u` shows it, and no longer than a screen. */
export function textDiff(before: string, after: string): string[] {
  const edits = editsBetween(linesOf(before), linesOf(after));
  const near = new Set<number>();
  for (const [index, [sign]] of edits.entries()) {
    for (let at = index - around; sign !== ' ' && at <= index + around; at += 1) near.add(at);
  }
  const shown: string[] = [];
  let line = 1;
  let last = -2;
  for (const [index, [sign, text]] of edits.entries()) {
    if (near.has(index)) {
      if (last !== index - 1) shown.push(`@@ line ${line} @@`);
      shown.push(`${sign}${plain(text)}`);
      last = index;
    }
    if (sign !== '+') line += 1;
  }
  if (shown.length <= most) return shown;
  return [...shown.slice(0, most), `… ${shown.length - most} more lines`];
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  else lines.push('\\ no newline at the end');
  return lines;
}

const plain = (line: string): string => {
  const text = spelt(line);
  return text.length > widest ? `${text.slice(0, widest)}…` : text;
};

/** As a terminal can show it: what would move its cursor is spelt out. */
export const spelt = (text: string): string =>
  text.replace(/\p{Cc}/gu, (sign) => (sign === '\t' ? sign : `\\x${hex(sign)}`));

const hex = (sign: string): string => sign.charCodeAt(0).toString(16).padStart(2, '0');

function editsBetween(a: string[], b: string[]): Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const same = (lines: string[]) => lines.map((line): Edit => [' ', line]);
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))];
}

/** By the longest common subsequence. */
function between(a: string[], b: string[]): Edit[] {
  const gone = (from: number) => a.slice(from).map((line): Edit => ['-', line]);
  const come = (from: number) => b.slice(from).map((line): Edit => ['+', line]);
  if (a.length * b.length > mostCells) return [...gone(0), ...come(0)];
  const lengths = commonLengths(a, b);
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      edits.push([' ', a[i] ?? '']);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) edits.push(['-', a[i++] ?? '']);
    else edits.push(['+', b[j++] ?? '']);
  }
  return [...edits, ...gone(i), ...come(j)];
}

/** How much the ends of both have in common, from each pair of lines on. */
function commonLengths(a: string[], b: string[]): Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const [row, below] = [rows[i], rows[i + 1]];
    if (!row || !below) continue;
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return rows;
}
