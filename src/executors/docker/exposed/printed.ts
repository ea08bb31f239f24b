import { StringDecoder } from 'node:string_decoder';
import type { Engine } from '../../../engine/engine.ts';
import type { Line } from '../../../model/deployment.ts';

/** OSCAR: the most that can be asked for. */
export const kept = 1000;
const slack = 200;
const longest = 2000;
/** Of the time before each line, and the blank after it. */
const stampLength = 36;

/** What one instance prints. */
export interface Printed {
  /** The newest lines, oldest first. */
  lines(): Line[];
  /** Listens to a run of the container, told by when it began, unless it does so or has done so. */
  listen(run: number): void;
  close(): void;
}

export interface PrintedParts {
  engine: Engine;
  id: string;
  /** It prints no more: it has ended, or the engine has. */
  onEnd(): void;
}

/** Listens to a container. */
export function createPrinted({ engine, id, onEnd }: PrintedParts): Printed {
  let lines: Line[] = [];
  let stop: (() => void) | undefined;
  let closed = false;
  let heard: number | undefined;

  const follow = async (): Promise<void> => {
    const stream = await engine.logs(id, { timestamps: true });
    stop = () => stream.destroy();
    if (closed) return stop();
    // The engine tells all that it has kept, also of runs before this one.
    lines = [];
    for await (const line of linesOf(stream)) {
      lines.push(apart(line));
      if (lines.length >= kept + slack) lines = lines.slice(-kept);
    }
  };

  return {
    lines: () => lines.slice(-kept),
    listen: (run) => {
      if (stop || closed || heard === run) return;
      heard = run;
      stop = () => undefined;
      // That it cannot be heard is told by how it is: it is gone, or the engine is away.
      const ended = () => {
        stop = undefined;
        if (!closed) onEnd();
      };
      follow().then(ended, ended);
    },
    close: () => {
      closed = true;
      stop?.();
    },
  };
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder();
  let open = '';
  for await (const chunk of stream) {
    const pieces = (open + decoder.write(chunk)).split(/\r?\n/);
    open = (pieces.pop() ?? '').slice(0, longest + stampLength);
    yield* pieces;
  }
  if (open) yield open;
}

/** A line and when it was printed, as the engine puts it before it. */
function apart(line: string): Line {
  const blank = line.indexOf(' ');
  const at = Date.parse(line.slice(0, blank).replace(/(\.\d{3})\d+/, '$1'));
  if (blank < 0 || Number.isNaN(at)) return { text: line.slice(0, longest) };
  return { at, text: line.slice(blank + 1, blank + 1 + longest) };
}
