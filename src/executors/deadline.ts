/** When a task must end before its time, and why. */
export interface Deadline {
  signal: AbortSignal;
  /** A sentence, once the time is up or the task was called off. */
  reason(): string | undefined;
  /** Is the time up? */
  isOver(): boolean;
  clear(): void;
}

/** Milliseconds; a timer that is set for longer goes off at once. */
const LONGEST = 2 ** 31 - 1;

/** Calls back after any time, however long. */
function after(ms: number, then: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = setTimeout(() => (left > LONGEST ? wait(left - LONGEST) : then()), Math.min(left, LONGEST));
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** Ends when `signal` does, or after so many seconds; 0 is never. */
export function createDeadline(signal: AbortSignal, seconds: number): Deadline {
  const over = new AbortController();
  const callOff = seconds > 0 ? after(seconds * 1000, () => over.abort()) : () => undefined;
  return {
    signal: AbortSignal.any([signal, over.signal]),
    reason: () => {
      if (signal.aborted) return 'Cancelled.';
      return over.signal.aborted ? `Timed out after ${seconds} s.` : undefined;
    },
    isOver: () => over.signal.aborted,
    clear: callOff,
  };
}
