import type { Happening } from '../api/protocol.ts';

export type Tell = (happening: Omit<Happening, 'at'>) => void;

/** What happens in the sandbox, told to whoever listens; the newest are kept for those who come late. */
export interface Bus {
  tell: Tell;
  recent(): Happening[];
  /** Answers how to stop listening. */
  subscribe(listener: (happening: Happening) => void): () => void;
}

export function createBus({ now, keep }: { now: () => number; keep: number }): Bus {
  const listeners = new Set<(happening: Happening) => void>();
  let recent: Happening[] = [];
  return {
    tell: (told) => {
      const happening = { at: now(), ...told };
      recent.push(happening);
      // Cut now and then, not at each: a burst tells tens of thousands.
      if (recent.length > keep * 2) recent = recent.slice(-keep);
      for (const listener of listeners) listener(happening);
    },
    recent: () => recent.slice(-keep),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
