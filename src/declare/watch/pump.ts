import type { Round } from './round.ts';

/** Runs rounds, one at a time, over the files that were touched. */
export interface Pump {
  /** The file may have changed. */
  touch(path: string): void;
  /** The same, unless it is to be looked at in a moment anyway. */
  find(path: string): void;
  /** Is everything done, but for files that somebody keeps open? */
  isDone(): boolean;
  close(): Promise<void>;
}

export interface PumpParts {
  round: Round;
  /** Resolves when it is time for a round. */
  calm(busy: { crowd: () => number; lastEvent: () => number }): Promise<void>;
  /** Is the file kept open by somebody? Nobody waits for those. */
  isWaiting(path: string): boolean;
  /** A stretch of work is over. */
  onRest(): void;
  /** Milliseconds that only ever grow. */
  elapsed(): number;
  log: { warn(text: string): void };
}

/** How long a round that failed is let be, whatever happens meanwhile. */
const failurePause = 1000;

/** A pump in which nothing moves before the first touch. */
export function createPump({ round, calm, isWaiting, onRest, elapsed, log }: PumpParts): Pump {
  const dirty = new Set<string>();
  const timers = createTimers((path) => kick(path));
  let running: Promise<void> | undefined;
  let paused: NodeJS.Timeout | undefined;
  let lastEvent = 0;
  let closed = false;

  const kick = (path: string) => {
    dirty.add(path);
    start();
  };
  const start = () => {
    if (closed || running || paused || dirty.size === 0) return;
    running = work().finally(() => {
      running = undefined;
      // A path may have come between the last look and now.
      start();
      onRest();
    });
  };
  const work = async () => {
    while (dirty.size > 0 && !closed && !paused) {
      let paths: string[] = [];
      try {
        await calm({ crowd: () => dirty.size, lastEvent: () => lastEvent });
        paths = [...dirty];
        dirty.clear();
        for (const [path, ms] of await round(paths)) {
          if (ms === 0) dirty.add(path);
          else if (!dirty.has(path)) timers.set(path, ms);
        }
      } catch (error) {
        failed(paths, error);
      }
    }
  };
  /** An error here is ours or the disk's, never a file's: it must neither end the watching nor be met again at once. */
  const failed = (paths: string[], error: unknown) => {
    log.warn(`The watched folder could not be read: ${error instanceof Error ? error.stack : String(error)}`);
    for (const path of paths) dirty.add(path);
    paused = setTimeout(() => {
      paused = undefined;
      start();
    }, failurePause);
  };

  return {
    touch: (path) => {
      lastEvent = elapsed();
      timers.drop(path);
      kick(path);
    },
    find: (path) => {
      if (!timers.has(path)) kick(path);
    },
    isDone: () => !running && dirty.size === 0 && timers.paths().every(isWaiting),
    close: async () => {
      closed = true;
      timers.paths().forEach(timers.drop);
      await running;
      clearTimeout(paused);
      timers.paths().forEach(timers.drop);
    },
  };
}

/** One timer a path. */
function createTimers(ring: (path: string) => void) {
  const timers = new Map<string, NodeJS.Timeout>();
  const drop = (path: string) => {
    clearTimeout(timers.get(path));
    timers.delete(path);
  };
  return {
    set: (path: string, ms: number) => {
      drop(path);
      const timer = setTimeout(() => {
        timers.delete(path);
        ring(path);
      }, ms);
      timers.set(path, timer);
    },
    drop,
    has: (path: string) => timers.has(path),
    paths: () => [...timers.keys()],
  };
}
