/** Looks through the folder now and then: what no event told of is found all the same. */
export interface Sweeper {
  /** Soon, once, however often it is asked. */
  soon(): void;
  now(): Promise<void>;
  every(ms: number): void;
  isBusy(): boolean;
  close(): void;
}

export interface SweeperParts {
  sweep(): Promise<void>;
  /** A look is over. */
  onRest(): void;
  /** Milliseconds that only ever grow. */
  elapsed(): number;
  log: { warn(text: string): void };
}

const delay = 10;
const shortestPause = 100;

/** A sweeper that has not looked yet. */
export function createSweeper({ sweep, onRest, elapsed, log }: SweeperParts): Sweeper {
  let timer: NodeJS.Timeout | undefined;
  let ticker: NodeJS.Timeout | undefined;
  let busy: Promise<void> | undefined;
  let next = 0;
  let closed = false;

  const look = async () => {
    const started = elapsed();
    await sweep().catch((error: unknown) =>
      log.warn(`The watched folder could not be looked through: ${String(error)}`),
    );
    // A large folder, or one in which much is written, must not keep the machine busy.
    next = elapsed() + Math.max(shortestPause, 10 * (elapsed() - started));
    busy = undefined;
    onRest();
  };
  const start = (): Promise<void> => {
    timer = undefined;
    busy ??= look();
    return busy;
  };
  const soon = () => {
    if (!closed) timer ??= setTimeout(start, Math.max(delay, next - elapsed()));
  };
  return {
    soon,
    now: async () => {
      // One that is under way may have passed what is asked for.
      await busy;
      await start();
    },
    every: (ms) => {
      if (!closed) ticker ??= setInterval(soon, ms);
    },
    isBusy: () => busy !== undefined,
    close: () => {
      closed = true;
      clearTimeout(timer);
      clearInterval(ticker);
    },
  };
}
