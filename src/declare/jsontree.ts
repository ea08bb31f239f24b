import { SandboxError } from '../model/errors.ts';

/** A JSON value as it was written: numbers keep their text, objects their repeated keys. */
export type Json =
  | { kind: 'string' | 'number'; text: string }
  | { kind: 'bool'; value: boolean }
  | { kind: 'null' }
  | { kind: 'array'; items: Json[] }
  | { kind: 'object'; entries: [key: string, value: Json][] };

interface Cursor {
  text: string;
  at: number;
  depth: number;
}

const maxDepth = 1000;
const blank = /[ \t\n\r]*/y;
// All but the quote, the backslash and control characters.
const plain = /[ !#-[\]-\u{10FFFF}]*/uy;
const escaped = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
const openEscape = /(?:u[0-9a-fA-F]{0,3})?$/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const openNumber = /-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][+-]?)?$/y;
const words: [word: string, value: Json][] = [
  ['true', { kind: 'bool', value: true }],
  ['false', { kind: 'bool', value: false }],
  ['null', { kind: 'null' }],
];

/** The first JSON value of a text; what follows it is not looked at. Go: `EOF`, `unexpected EOF`, and its sentences. */
export function parseFirstJson(text: string): Json {
  const cursor = { text, at: 0, depth: 0 };
  take(cursor, blank);
  if (cursor.at >= text.length) throw refusal('EOF');
  return value(cursor);
}

function value(cursor: Cursor): Json {
  take(cursor, blank);
  const first = cursor.text[cursor.at];
  if (first === '{') return nest(cursor, () => ({ kind: 'object', entries: entries(cursor) }));
  if (first === '[') return nest(cursor, () => ({ kind: 'array', items: items(cursor) }));
  if (first === '"') return { kind: 'string', text: string(cursor) };
  return word(cursor) ?? { kind: 'number', text: digits(cursor) };
}

function nest(cursor: Cursor, read: () => Json): Json {
  cursor.depth += 1;
  if (cursor.depth > maxDepth) throw refusal('exceeded max depth');
  cursor.at += 1;
  take(cursor, blank);
  const made = read();
  cursor.at += 1;
  cursor.depth -= 1;
  return made;
}

function items(cursor: Cursor): Json[] {
  const found: Json[] = [];
  while (cursor.text[cursor.at] !== ']') {
    if (found.length > 0) expect(cursor, ',', 'after array element');
    found.push(value(cursor));
    take(cursor, blank);
  }
  return found;
}

function entries(cursor: Cursor): [string, Json][] {
  const found: [string, Json][] = [];
  while (cursor.text[cursor.at] !== '}') {
    if (found.length > 0) expect(cursor, ',', 'after object key:value pair');
    take(cursor, blank);
    if (cursor.text[cursor.at] !== '"') throw unexpected(cursor, 'looking for beginning of object key string');
    const key = string(cursor);
    take(cursor, blank);
    expect(cursor, ':', 'after object key');
    found.push([key, value(cursor)]);
    take(cursor, blank);
  }
  return found;
}

function string(cursor: Cursor): string {
  const start = cursor.at;
  cursor.at += 1;
  for (;;) {
    take(cursor, plain);
    if (cursor.text[cursor.at] === '"') break;
    if (cursor.text[cursor.at] !== '\\') throw unexpected(cursor, 'in string literal');
    cursor.at += 1;
    if (take(cursor, escaped)) continue;
    throw runsOut(cursor, openEscape) ? refusal('unexpected EOF') : unexpected(cursor, 'in string escape code');
  }
  cursor.at += 1;
  return (JSON.parse(cursor.text.slice(start, cursor.at)) as string).toWellFormed();
}

function word(cursor: Cursor): Json | undefined {
  const found = words.find(([text]) => text[0] === cursor.text[cursor.at]);
  if (!found) return undefined;
  for (const char of found[0]) expect(cursor, char, `in literal ${found[0]} (expecting '${char}')`);
  return found[1];
}

function digits(cursor: Cursor): string {
  const open = runsOut(cursor, openNumber);
  const found = take(cursor, number);
  if (open && cursor.at < cursor.text.length) throw refusal('unexpected EOF');
  if (!found) throw unexpected(cursor, 'looking for beginning of value');
  if (/[.eE]/.test(cursor.text[cursor.at] ?? '')) throw unexpected(cursor, 'in numeric literal');
  return found;
}

function take(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? '';
  cursor.at += found.length;
  return found;
}

/** Is the rest of the text the beginning of such a thing? */
function runsOut({ text, at }: Cursor, pattern: RegExp): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function expect(cursor: Cursor, char: string, where: string): void {
  if (cursor.text[cursor.at] !== char) throw unexpected(cursor, where);
  cursor.at += 1;
}

const refusal = (sentence: string) => new SandboxError('invalid', sentence);

function unexpected({ text, at }: Cursor, where: string): SandboxError {
  if (at >= text.length) return refusal('unexpected EOF');
  // Go reads bytes: of a byte order mark it sees the first.
  const char = text[at] === '\uFEFF' ? 'ï' : text[at];
  return refusal(`invalid character ${char === "'" ? `'\\''` : `'${char}'`} ${where}`);
}
