import { asSandboxError } from '../model/errors.ts';
import { type ManagedVolume, type VolumeRef, volumeKey } from '../model/volume.ts';
import { attachmentsOf } from './attach.ts';
import type { DeclareParts } from './parts.ts';

/** A volume as it is now. */
export interface SeenVolume extends ManagedVolume {
  phase: 'pending' | 'ready' | 'in_use' | 'deleting';
  /** By the service's name. */
  attachments: { service: string; path: string }[];
  /** Why it has no place yet. */
  message?: string;
}

export type PlacesParts = Pick<DeclareParts, 'store' | 'keeper'>;

/** Where the data of volumes is, if it is anywhere. */
export interface Places {
  seen(volumes: ManagedVolume[]): Promise<SeenVolume[]>;
  /** Makes one that is still on the list; where that fails, it is told with the volume. */
  make(ref: VolumeRef): Promise<void>;
  /** Removes it, and then from the list; the service that goes with it is withdrawn first. */
  release(ref: VolumeRef, service?: string): Promise<void>;
}

/** The places of the volumes of one sandbox. */
export function createPlaces({ store, keeper }: PlacesParts): Places {
  /** Why those have none that were to have one. */
  const troubles = new Map<string, string>();
  return {
    seen: async (volumes) => {
      const attached = volumes.map((volume) => ({ ...volume, attachments: attachmentsOf(store, volume) }));
      const look = attached.some(({ leaving, attachments }) => !leaving && attachments.length === 0);
      const { ready, why } = look ? await keptBy(keeper) : nothingKept;
      return attached.map((volume) => {
        const phase = phaseOf(volume, ready);
        const message = phase === 'pending' ? (why ?? troubles.get(volumeKey(volume))) : undefined;
        return { ...volume, phase, ...(message ? { message } : {}) };
      });
    },
    make: async (ref) => {
      const volume = store.volumes.get(ref);
      if (!volume || volume.leaving) return;
      try {
        await keeper?.make(volume);
      } catch (error) {
        // The service that attaches it tries again.
        troubles.set(volumeKey(ref), asSandboxError(error).message);
      }
    },
    release: async (ref, service) => {
      await store.volumes.mark(ref, true);
      await keeper?.release(ref, service);
      await store.volumes.remove(ref);
      troubles.delete(volumeKey(ref));
    },
  };
}

function phaseOf(volume: Pick<SeenVolume, 'namespace' | 'name' | 'leaving' | 'attachments'>, ready: Set<string>) {
  if (volume.leaving) return 'deleting';
  if (volume.attachments.length > 0) return 'in_use';
  return ready.has(volumeKey(volume)) ? 'ready' : 'pending';
}

interface Kept {
  found: { key: string; maker: string }[];
  ready: Set<string>;
  why?: string;
}

const nothingKept: Kept = { found: [], ready: new Set() };

/** What is kept at this moment; where that cannot be told, why. */
export async function keptBy(keeper: DeclareParts['keeper']): Promise<Kept> {
  try {
    const found = (await keeper?.held()) ?? [];
    return { found, ready: new Set(found.filter(({ waits }) => !waits).map(({ key }) => key)) };
  } catch (error) {
    return { ...nothingKept, why: asSandboxError(error).message };
  }
}
