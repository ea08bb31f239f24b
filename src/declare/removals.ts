import { servicesNamespace } from '../model/person.ts';
import type { VolumeRef } from '../model/volume.ts';
import type { Settings } from '../store/settings.ts';

/** What goes with a service that is being removed. */
export interface Leaving {
  buckets: string[];
  volume?: VolumeRef;
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
  const kept = Object.entries(settings.get<Record<string, Kept>>(key, {}));
  const begun = new Map(kept.map(([name, one]) => [name, leavingOf(one)]));
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

/** Once it was the buckets alone, then with the name of the volume. */
type Kept = Leaving | (Omit<Leaving, 'volume'> & { volume: string }) | string[];

function leavingOf(kept: Kept): Leaving {
  if (Array.isArray(kept)) return { buckets: kept };
  const { buckets, volume } = kept;
  if (typeof volume === 'string') return { buckets, volume: { namespace: servicesNamespace, name: volume } };
  return { buckets, ...(volume ? { volume } : {}) };
}
