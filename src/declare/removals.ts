import type { Settings } from '../store/settings.ts';

/** What goes with a service that is being removed. */
export interface Leaving {
  buckets: string[];
  /** The volume's name. */
  volume?: string;
}

/** The services that are being removed, each with what goes with it; a daemon that is killed meanwhile finds them again. */
export interface Removals {
  names(): string[];
  leavingWith(name: string): Leaving | undefined;
  begin(name: string, leaving: Leaving): Promise<void>;
  end(name: string): Promise<void>;
}

const key = 'removing';

/** The removals that were begun and are not at their end. */
export function createRemovals(settings: Settings): Removals {
  // Once it was the buckets alone.
  const kept = Object.entries(settings.get<Record<string, Leaving | string[]>>(key, {}));
  const begun = new Map(kept.map(([name, one]) => [name, Array.isArray(one) ? { buckets: one } : one]));
  const keep = () => settings.set(key, Object.fromEntries(begun));
  return {
    names: () => [...begun.keys()],
    leavingWith: (name) => begun.get(name),
    begin: async (name, leaving) => {
      begun.set(name, leaving);
      try {
        await keep();
      } catch (error) {
        // Not on disk, not begun: the service stays.
        begun.delete(name);
        throw error;
      }
    },
    end: async (name) => {
      begun.delete(name);
      await keep();
    },
  };
}
