import type { Settings } from '../store/settings.ts';

/** The services that are being removed, each with the buckets that go with it; a daemon that is killed meanwhile finds them again. */
export interface Removals {
  names(): string[];
  bucketsOf(name: string): string[] | undefined;
  begin(name: string, buckets: string[]): Promise<void>;
  end(name: string): Promise<void>;
}

const key = 'removing';

/** The removals that were begun and are not at their end. */
export function createRemovals(settings: Settings): Removals {
  const begun = new Map(Object.entries(settings.get<Record<string, string[]>>(key, {})));
  const keep = () => settings.set(key, Object.fromEntries(begun));
  return {
    names: () => [...begun.keys()],
    bucketsOf: (name) => begun.get(name),
    begin: async (name, buckets) => {
      begun.set(name, buckets);
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
