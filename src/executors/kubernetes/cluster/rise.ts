import type { Cluster } from '../../../engine/cluster.ts';
import { type Deferred, deferred } from './deferred.ts';

/** A cluster that is being brought up, and what becomes known of it on the way. */
export interface Rise<T> {
  signal: AbortSignal;
  /** The node is there, and its network. */
  made: Deferred<void>;
  /** It takes pods, and Services work. */
  reached: Deferred<Cluster>;
  done: Promise<T>;
}

/** Everyone who wants the cluster up joins the same rise. */
export interface Rises<T> {
  /** The one that is on its way or has come to its end; another one when that failed, or is true no more. */
  current(): Promise<Rise<T>>;
  /** Calls it off; answers what came of it. */
  end(): Promise<T | undefined>;
}

/** `isStill`: is the cluster still as a rise left it? */
export function createRises<T>(
  run: (rise: Omit<Rise<T>, 'done'>) => Promise<T>,
  isStill: () => Promise<boolean>,
): Rises<T> {
  let current: { rise: Rise<T>; stop: AbortController; over: boolean } | undefined;
  const begin = () => {
    const stop = new AbortController();
    const parts = { signal: stop.signal, made: deferred<void>(), reached: deferred<Cluster>() };
    const done = run(parts);
    const begun = { rise: { ...parts, done }, stop, over: false };
    done.then(
      () => {
        begun.over = true;
      },
      (error: unknown) => {
        if (current === begun) current = undefined;
        parts.made.reject(error);
        parts.reached.reject(error);
      },
    );
    return begun;
  };
  return {
    current: async () => {
      const known = current;
      if (known?.over && !(await isStill()) && current === known) current = undefined;
      current ??= begin();
      return current.rise;
    },
    end: async () => {
      const ended = current;
      current = undefined;
      ended?.stop.abort();
      return ended?.rise.done.catch(() => undefined);
    },
  };
}

/** The same promise, but not waited for longer than the signal. */
export async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const cut = () => reject(signal.reason);
  signal.addEventListener('abort', cut, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
