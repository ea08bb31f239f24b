import type { Flaw } from './positions.ts';
import { openAt } from './unclosed.ts';

/** What to say about a text that is no YAML: the place that is wrong, which may be far above the one that the parser gives. */
export function syntaxFlaw(text: string, at: number, message: string): Flaw {
  const conflict = text.search(/^<{7} /m);
  if (conflict >= 0) {
    const hint = 'Solve the merge conflict and remove its marks.';
    return { at: conflict, message: 'the file has a merge conflict', hint };
  }
  // Below the last line there is nothing to look at.
  const place = Math.min(at, text.trimEnd().length);
  return unclosed(text, at, message) ?? { at: place, message, hint: syntaxHint(text, place) };
}

function unclosed(text: string, at: number, message: string): Flaw | undefined {
  if (!/^deficient indentation|^unexpected end of the stream|^missed comma|^bad indentation/.test(message))
    return undefined;
  const opener = openAt(text, at);
  if (!opener) return undefined;
  const { char, closer } = opener;
  const found = text[at] ?? '';
  if (found === closer && /^deficient/.test(message)) {
    return { at, message, hint: `Indent the ${found} further than the line in which its ${char} is.` };
  }
  if (/[\]}]/.test(found) && closer !== found && closer !== char) {
    return { at, message: `${found} does not close ${char}`, hint: `Write ${closer} instead of ${found}.` };
  }
  // Whatever else is wrong inside closed brackets is not about them.
  if (/^missed comma|^bad indentation/.test(message) && closer !== char) return undefined;
  return {
    at: opener.at,
    message: `${char} is not closed`,
    hint: `It is opened here and never closed: add ${closer} .`,
  };
}

function syntaxHint(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end < 0 ? undefined : end);
  if (text.includes('\0')) return 'The file is not plain text: save it as UTF-8.';
  if (/^ *\t/.test(line)) return 'Indent with spaces: YAML takes no tabs.';
  if (/: [^,[\]{}]*: /.test(line)) return 'Quote the value: an unquoted one cannot hold a colon and a blank.';
  if (/[:-] *[@`%&*!]/.test(line)) return 'Quote the value: this character means something in YAML.';
  return 'Compare the indentation and the quotes with the lines above.';
}
