import { withoutLogin } from './visible.ts';

const most = 5;

/** Where two scripts differ, in few lines: what goes, marked `-`, then what comes, marked `+`. */
export function scriptLines(before: string, after: string): string[] {
  const [old, fresh] = [before, after].map((text) => text.replace(/\n$/, '').split('\n')) as [string[], string[]];
  const shortest = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < shortest && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const lines = [
    ...shortened('-', old.slice(head, old.length - tail)),
    ...shortened('+', fresh.slice(head, fresh.length - tail)),
  ];
  return lines.length > 0 ? [`line ${head + 1}:`, ...lines] : ['the end of the last line'];
}

function shortened(mark: string, lines: string[]): string[] {
  const shown = lines.length > most + 1 ? lines.slice(0, most) : lines;
  const rest = lines.length - shown.length;
  return [
    ...shown.map((line) => `${mark} ${withoutLogin(line)}`),
    ...(rest > 0 ? [`${mark} … ${rest} more lines`] : []),
  ];
}
