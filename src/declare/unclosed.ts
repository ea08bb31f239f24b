/** A bracket or a quote that is open, and what closes it. */
export interface Opener {
  at: number;
  char: string;
  closer: string;
}

interface Scan {
  text: string;
  at: number;
  /** The brackets around this place. */
  brackets: Opener[];
  /** May a value begin here? Elsewhere a quote is a letter like others. */
  fresh: boolean;
  /** Where the last key or dash stands in its line: the lines of a block of text are further in. */
  column: number;
  /** The last text in quotes. */
  quoted?: Opener & { end: number };
}

const closers: Record<string, string> = { '[': ']', '{': '}', '"': '"', "'": "'" };
const newline = /\n/y;
const blanks = /[ \t]+/y;
const comment = /#.*/y;
const directive = /%.*/y;
const mark = /---(?=\s|$)/y;
const dash = /[-?](?=\s|$)/y;
const property = /[&*!][^\s,[\]{}]*/y;
const blockHead = /[|>][-+\d]*[ \t]*(?:#.*)?(?=\n|$)/y;
const colon = /:(?=[\s,[\]{}"']|$)/y;
const word = /[^\s:#,[\]{}]+|[\s\S]/y;
const texts: Record<string, RegExp> = { '"': /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y, "'": /'[^']*(?:''[^']*)*'(?!')/y };

/** The innermost bracket or quote of a YAML text that is open at an offset, or that went over lines and ends there. */
export function openAt(text: string, end: number): Opener | undefined {
  const scan: Scan = { text, at: 0, brackets: [], fresh: true, column: -1 };
  while (scan.at < end) {
    const open = step(scan, end);
    if (open) return open;
  }
  const { quoted, brackets } = scan;
  const isSwallowed =
    quoted && text.slice(quoted.end, end).trim() === '' && text.slice(quoted.at, quoted.end).includes('\n');
  return isSwallowed ? quoted : brackets.at(-1);
}

/** Goes on by one token; answers the quote that is not closed before the end. */
function step(scan: Scan, end: number): Opener | undefined {
  const char = scan.text[scan.at] ?? '';
  if (take(scan, newline)) scan.fresh = true;
  else if (take(scan, blanks)) return undefined;
  else if (char === '#' && /^\s?$/.test(scan.text[scan.at - 1] ?? '')) take(scan, comment);
  else if (scan.fresh && char in texts) return quote(scan, end);
  else if (scan.brackets.length > 0) flow(scan, char);
  else block(scan, char);
  return undefined;
}

function quote(scan: Scan, end: number): Opener | undefined {
  const char = scan.text[scan.at] ?? '';
  const opener = { at: scan.at, char, closer: char };
  begin(scan);
  if (!take(scan, texts[char] ?? word) || scan.at > end) return opener;
  scan.quoted = { ...opener, end: scan.at };
  return undefined;
}

function flow(scan: Scan, char: string): void {
  const top = scan.brackets.at(-1);
  if (char === '[' || char === '{') push(scan, char);
  else if (char === top?.closer) {
    scan.brackets.pop();
    scan.fresh = false;
    scan.at += 1;
  } else if (char === ',' || take(scan, colon)) {
    scan.fresh = true;
    if (char === ',') scan.at += 1;
  } else plain(scan);
}

function block(scan: Scan, char: string): void {
  const atStart = scan.at === 0 || scan.text[scan.at - 1] === '\n';
  if (scan.fresh && (char === '[' || char === '{')) push(scan, char);
  else if (atStart && (take(scan, mark) || take(scan, directive))) scan.column = -1;
  else if (scan.fresh && take(scan, dash)) {
    begin(scan, scan.at - 1);
    scan.fresh = true;
  } else if (scan.fresh && take(scan, blockHead)) skipBlock(scan);
  else if (take(scan, colon)) scan.fresh = true;
  else plain(scan);
}

function plain(scan: Scan): void {
  if (scan.fresh && take(scan, property)) return;
  begin(scan);
  take(scan, word);
}

function push(scan: Scan, char: string): void {
  scan.brackets.push({ at: scan.at, char, closer: closers[char] ?? '' });
  scan.fresh = true;
  scan.at += 1;
}

/** A word, a dash or a text in quotes begins. */
function begin(scan: Scan, at = scan.at): void {
  const inBlock = scan.fresh && scan.brackets.length === 0;
  if (inBlock) scan.column = at === 0 ? 0 : at - 1 - scan.text.lastIndexOf('\n', at - 1);
  scan.fresh = false;
}

/** Over the lines of a block of text (`|` and `>`), which hold anything. */
function skipBlock(scan: Scan): void {
  const inside = new RegExp(`(?:\\n(?:[ \\t]*(?=\\n|$)| {${Math.min(scan.column + 1, 1000)},}.*))*`, 'y');
  take(scan, inside);
}

function take(scan: Scan, pattern: RegExp): string {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.text)?.[0] ?? '';
  scan.at += found.length;
  return found;
}
