import type { Log } from '../../log.ts';

/** Says a thing about a path once, however often it is met. */
export type Say = (path: string, sentence: string) => void;

/** So many are remembered; a mount with more of them repeats itself. */
const most = 10_000;

/** A voice that does not repeat itself in the daemon's log. */
export function createSay(log: Log, about: Record<string, unknown>): Say {
  const said = new Set<string>();
  return (path, sentence) => {
    const one = `${path}\0${sentence}`;
    if (said.has(one)) return;
    if (said.size >= most) said.clear();
    said.add(one);
    log.warn(sentence, { ...about, path });
  };
}
