import { retain } from '../invoke/retention.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

export interface SweeperParts {
  store: Store;
  buckets: Held;
  options: { keepInvocations: number; keepDays: number; keepBytes: number };
  now(): number;
  log: Log;
}

/** The object versions that events hold, though the objects themselves were overwritten or deleted. */
export interface Held {
  release(eventIds: string[]): Promise<void>;
  tidy(): Promise<void>;
  heldBytes(): number;
}

const everyMs = 60_000;

/** Keeps the data folder bounded: once a minute, what is too old, too many or too large is let go. */
export function createSweeper({ store, buckets, options, now, log }: SweeperParts): { close(): Promise<void> } {
  let sweep: Promise<void> = Promise.resolve();
  const once = async () => {
    const forgotten = await retain({ store, ...options, now });
    await store.events.prune();
    await buckets.tidy();
    const released = await trim(store, buckets, options.keepBytes);
    if (forgotten + released > 0) log.info('swept', { invocations: forgotten, versions: released });
  };
  const timer = setInterval(() => {
    sweep = sweep.then(once).catch((error) => log.error('the sweep failed', { error: String(error) }));
  }, everyMs);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      await sweep;
    },
  };
}

const batch = 100;

/** Lets go of the oldest object versions until no more than so many bytes are held; what still has to run keeps its own. */
export async function trim({ events }: Pick<Store, 'events'>, buckets: Held, bytes: number): Promise<number> {
  let released = 0;
  while (buckets.heldBytes() > bytes) {
    const oldest = events.settled(batch);
    if (oldest.length === 0) break;
    await buckets.release(oldest);
    released += oldest.length;
  }
  return released;
}
