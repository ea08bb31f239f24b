/** Cuts text into lines as it comes. */
export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Hands out a last line that has no newline. */
  flush(): void;
}

const MAX_LINE = 64 * 1024;

/** Hands out every line once it is complete; an endless one in pieces of 64 KiB. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  let rest = '';
  const hand = (line: string) => {
    for (let at = 0; at === 0 || at < line.length; at += MAX_LINE) onLine(line.slice(at, at + MAX_LINE));
  };
  const push = (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hand(line);
    const whole = rest.length - (rest.length % MAX_LINE);
    if (whole > 0) hand(rest.slice(0, whole));
    rest = rest.slice(whole);
  };
  const flush = () => {
    if (rest) onLine(rest);
    rest = '';
  };
  return { push, flush };
}
