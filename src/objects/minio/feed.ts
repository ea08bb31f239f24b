import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { Subscription } from '../../model/event.ts';

/** How a store outside tells of events. One change of who listens at a time. */
export interface Feed {
  /** Begins to hear, of what is subscribed to already as well. */
  open(): Promise<void>;
  /** From when it resolves on, the service hears of these, and of nothing else. */
  subscribe(service: string, subscriptions: Subscription[]): Promise<void>;
  /** Forgets what cannot come again. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** Runs works one after the other, in the order in which they were given. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

const shortestMs = 1_000;
const longestMs = 30_000;

/** Does the work, again and again until it succeeds or the signal comes. */
export async function untilDone(
  work: () => Promise<unknown>,
  { signal, log }: { signal: AbortSignal; log: Log },
): Promise<void> {
  for (let waitMs = shortestMs; !signal.aborted; waitMs = Math.min(2 * waitMs, longestMs)) {
    try {
      await work();
      return;
    } catch (error) {
      // Said once, however long it lasts.
      if (!signal.aborted && waitMs === shortestMs) {
        log.warn('the store of objects cannot be looked through', { error: String(error) });
      }
    }
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
