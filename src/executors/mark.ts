/** Cuts the output of one task out of a stream. */
export interface Scanner {
  /** Takes the next bytes; once the mark came, answers what followed it. */
  push(chunk: Buffer): Buffer | undefined;
  /** The stream ended without a mark: what was held back is output after all. */
  flush(): void;
}

/** How many of the last bytes may be the beginning of the mark. */
function partial(data: Buffer, mark: Buffer): number {
  for (let length = Math.min(mark.length - 1, data.length); length > 0; length--) {
    if (data.compare(mark, 0, length, data.length - length) === 0) return length;
  }
  return 0;
}

/** Hands out what comes before the mark as it comes, and holds back only what may be the mark itself. */
export function createScanner(mark: Buffer, onOutput: (chunk: Buffer) => void): Scanner {
  let held: Buffer = Buffer.alloc(0);
  const emit = (chunk: Buffer) => {
    if (chunk.length > 0) onOutput(chunk);
  };
  const push = (chunk: Buffer): Buffer | undefined => {
    const data = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    const at = data.indexOf(mark);
    const keep = at < 0 ? partial(data, mark) : 0;
    held = Buffer.from(data.subarray(data.length - keep));
    emit(data.subarray(0, at < 0 ? data.length - keep : at));
    return at < 0 ? undefined : data.subarray(at + mark.length);
  };
  const flush = () => {
    emit(held);
    held = Buffer.alloc(0);
  };
  return { push, flush };
}
