import { editDistance } from './spelling.ts';
import { parseYaml } from './yaml.ts';

/** Does a YAML text hold services, or was it plainly meant to? Manifests and settings of other programs are not. */
export function isMeantAsFdl(text: string): boolean {
  const top = topKeys(text);
  const has = (key: string) => top.some((it) => it.key === key);
  if (has('functions') || /^["']?functions["']?[ \t]*:/m.test(text)) return true;
  if (hasMisspelt(top, text)) return true;
  if (top.some(({ key, rest }) => key === 'oscar' && /^\s*(?:#.*\s*)?(?:\[|- )/.test(rest))) return true;
  if (has('script') && top.some(({ key, rest }) => key === 'image' && isWord(rest))) return true;
  return isBroken(text);
}

interface TopKey {
  key: string;
  /** The text behind its colon. */
  rest: string;
}

/** The keys of the outermost mapping of the first document, broken or not, as far as lines show them. */
function topKeys(written: string): TopKey[] {
  const text = written.replace(/^\uFEFF/, '').replace(/^(?:[ \t]*(?:#.*|---[ \t]*|%.*)?\r?\n)+/, '');
  const brace = /^\s*\{\s*/.exec(text)?.[0];
  const indent = /^[ \t]{0,20}/.exec(text)?.[0] ?? '';
  const first = text.split(/^(?:---|\.\.\.)(?:\s|$)/m, 1)[0] ?? '';
  const line = brace === undefined ? `^${indent}` : '^[ \\t]*\\{\\s*';
  const found = first.matchAll(new RegExp(`${line}["']?([A-Za-z_]+)["']?[ \\t]*:(?=\\s|$)`, 'gm'));
  return [...found].map((it) => ({ key: it[1] ?? '', rest: first.slice(it.index + it[0].length) }));
}

/** `function:`, `fuctions:` … with something below. */
function hasMisspelt(top: TopKey[], text: string): boolean {
  const near = top.filter(({ key, rest }) => distance(key) <= 2 && !isWord(rest));
  // Junctions are near, too.
  if (near.some(({ key }) => distance(key) < 2 && /^f/i.test(key))) return true;
  return near.length > 0 && /^[ \t]*(?:- )?["']?oscar["']?[ \t]*:/m.test(text);
}

const distance = (key: string): number => (key.length > 11 ? 11 : editDistance(key.toLowerCase(), 'functions'));

/** Does a single value follow in the line? */
const isWord = (rest: string): boolean => /^[ \t]*[^\s#[{&|>]/.test(rest);

/** No YAML at all, but with the two lines that each file of services has. */
const isBroken = (text: string): boolean =>
  /^[ \t]*functions[ \t]*:[ \t]*(?:#.*)?\r?\n\s*oscar[ \t]*:/m.test(text) && parseYaml(text).root === undefined;
