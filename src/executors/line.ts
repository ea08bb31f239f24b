/** Calls in the order in which they came, some of them at once. */
export interface Line {
  /** Resolves when it is this call's turn, with how to give the place back; an abort leaves the line. */
  enter(most: number, signal: AbortSignal): Promise<() => void>;
  /** So many may run at once from now on. */
  widen(most: number): void;
  /** Sends everybody who waits away. */
  dismiss(error: Error): void;
}

interface Waiting {
  go(): void;
  away(reason: unknown): void;
}

export function createLine(): Line {
  let inside = 0;
  let waiting: Waiting[] = [];

  const leave = () => {
    const first = waiting.shift();
    // Whoever is first takes over the place.
    if (first) first.go();
    else inside -= 1;
  };
  const once = (act: () => void) => {
    let done = false;
    return () => {
      if (!done) act();
      done = true;
    };
  };
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const self: Waiting = { go: () => settle(resolve), away: (reason) => settle(() => reject(reason)) };
      const onAbort = () => {
        waiting = waiting.filter((other) => other !== self);
        self.away(signal.reason);
      };
      waiting.push(self);
      signal.addEventListener('abort', onAbort);
    });

  return {
    enter: async (most, signal) => {
      signal.throwIfAborted();
      if (inside < most) inside += 1;
      else await wait(signal);
      return once(leave);
    },
    widen: (most) => {
      for (; inside < most && waiting.length > 0; inside++) waiting.shift()?.go();
    },
    dismiss: (error) => {
      for (const { away } of waiting.splice(0)) away(error);
    },
  };
}
