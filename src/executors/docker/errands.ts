import type { Log } from '../../log.ts';

/** Work that nobody waits for until the end. */
export interface Errands {
  /** Logs when it fails. */
  add(work: Promise<unknown>): void;
  /** Done again, when it failed, each time that the engine is heard of; resolves when it was tried once. */
  persist(work: () => Promise<unknown>): Promise<void>;
  again(): void;
  done(): Promise<void>;
}

/** No errands yet. */
export function createErrands(log: Log): Errands {
  const going = new Set<Promise<void>>();
  const failed = new Set<() => Promise<unknown>>();
  const track = (work: Promise<unknown>, onFailure: (error: unknown) => void): Promise<void> => {
    const one: Promise<void> = work.then(() => undefined, onFailure).finally(() => going.delete(one));
    going.add(one);
    return one;
  };
  const tell = (error: unknown) => log.warn('something was left undone', { error: String(error) });
  const persist = (work: () => Promise<unknown>): Promise<void> =>
    track(work(), (error) => {
      tell(error);
      failed.add(work);
    });
  return {
    add: (work) => void track(work, tell),
    persist,
    again: () => {
      const works = [...failed];
      failed.clear();
      for (const work of works) void persist(work);
    },
    done: async () => {
      while (going.size > 0) await Promise.all(going);
    },
  };
}
