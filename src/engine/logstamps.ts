import type { Readable } from 'node:stream';

/** Lines that carry the time at which they were said, read as often as it takes and told once. */
export interface Stamps {
  /** From where on the next reading has to be. */
  since(): { sinceTime?: string };
  /**
   * Tells the lines of a reading that are new; answers whether it came to its end. Without a line feed, the last is whole
   * only when all is over.
   */
  take(stream: Readable, all: { over: boolean }): Promise<boolean>;
}

/** Longer ones are told in pieces: a line may be as long as whoever writes it likes. */
const longest = 2 ** 20;

interface Stamp {
  /** Nanoseconds since 1970. */
  time: bigint;
  text: string;
}

/** Readings begin at a full second; what is older than the last line, or was told at the same moment, is passed over. */
export function createStamps(onLine: (line: string, at?: number) => void): Stamps {
  let last: Stamp | undefined;
  /** How many lines of that very moment have been told. */
  let told = 0;
  const reader = () => {
    const before = last?.time;
    let toSkip = told;
    return (line: string): boolean => {
      const { stamp, words } = apart(line);
      if (stamp && before !== undefined && (stamp.time < before || (stamp.time === before && toSkip-- > 0)))
        return false;
      if (stamp) {
        told = stamp.time === last?.time ? told + 1 : 1;
        last = stamp;
      }
      onLine(words, stamp && Number(stamp.time / 1_000_000n));
      return true;
    };
  };
  return {
    since: () => (last ? { sinceTime: last.text } : {}),
    take: (stream, { over }) => pieces(stream, { read: reader(), onMore: onLine, over }),
  };
}

function apart(line: string): { stamp: Stamp | undefined; words: string } {
  const [all = '', text = '', fraction = ''] =
    /^(\d{4}-\d\d-\d\dT[\d:]{8}(?:\.(\d+))?(?:Z|[+-]\d\d:\d\d)) ?/.exec(line) ?? [];
  const seconds = Date.parse(text.replace(/\.\d+/, ''));
  if (!all || Number.isNaN(seconds)) return { stamp: undefined, words: line };
  const time = BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  return { stamp: { time, text }, words: line.slice(all.length) };
}

interface Told {
  /** Answers whether the line was told. */
  read(line: string): boolean;
  onMore(piece: string): void;
  over: boolean;
}

/** Splits at line feeds; only whole lines of a reading that breaks off are told, as the next one has the rest. */
async function pieces(stream: Readable, { read, onMore, over }: Told): Promise<boolean> {
  let rest: Buffer[] = [];
  let length = 0;
  // Within a line that is told in pieces: is it told at all?
  let within: boolean | undefined;
  const tell = (end: Buffer) => {
    const words = Buffer.concat([...rest, end]).toString();
    [rest, length] = [[], 0];
    if (within === undefined) return read(words);
    if (within) onMore(words);
    return within;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        tell(chunk.subarray(from, at));
        within = undefined;
        from = at + 1;
      }
      rest.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > longest) within = tell(Buffer.alloc(0));
    }
  } catch {
    // Where a connection breaks is no place of interest: the reading after it begins before that.
    return false;
  }
  if (length > 0 && over) tell(Buffer.alloc(0));
  return true;
}
