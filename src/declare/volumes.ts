import { SandboxError } from '../model/errors.ts';
import { administrator, type Person } from '../model/person.ts';
import type { Definition, Service, Source } from '../model/service.ts';
import { type VolumeRef, volumeKey, volumeOf } from '../model/volume.ts';
import { attachmentsOf, claimed, demandServiceRoom } from './attach.ts';
import { createPlaces, keptBy, type Places, type PlacesParts, type SeenVolume } from './places.ts';
import { demandRoom } from './quotas.ts';
import { createTurns } from './turns.ts';

/** Managed volumes: whoever makes, attaches or deletes one comes through here. */
export interface Volumes {
  /** Those of a namespace. */
  list(namespace: string): Promise<SeenVolume[]>;
  get(ref: VolumeRef): Promise<SeenVolume | undefined>;
  /** Makes one that no service made; name and size are valid. Its place is made behind the caller's back. */
  create(person: Person, wanted: { name: string; size: string }): Promise<SeenVolume>;
  /** Deletes it, unless a service attaches it; one that is not there is deleted already. */
  remove(ref: VolumeRef): Promise<void>;
  /** Saves a service that is new, with the volume that it makes: both or neither. Throws when it may not have it. */
  attaching(wanted: Wanted, save: () => Promise<Service>): Promise<Service>;
  /** A service is gone for good that had made this volume: so is that, unless another service attaches it. */
  letGo(ref: VolumeRef, service: string): Promise<void>;
  /** At the start: ends what was cut short, and lists what is kept and not listed. Never rejects. */
  recover(): Promise<void>;
}

interface Wanted {
  definition: Definition;
  source: Source;
}

/** The volumes of one sandbox. */
export function createVolumes(parts: PlacesParts): Volumes {
  const { store } = parts;
  const places = createPlaces(parts);
  const inTurn = createTurns();
  const turnOf = <T>(ref: VolumeRef, work: () => Promise<T>) => inTurn(volumeKey(ref), work);
  const remove = (ref: VolumeRef) => turnOf(ref, () => removed(parts, places, ref));
  return {
    list: (namespace) => places.seen(store.volumes.list(namespace)),
    get: async (ref) => {
      const volume = store.volumes.get(ref);
      return volume && (await places.seen([volume]))[0];
    },
    create: async ({ uid, namespace }, wanted) => {
      const volume = { ...wanted, namespace, owner: uid, maker: '', policy: '', leaving: false };
      const added = await turnOf(volume, () => store.volumes.add(volume, () => demandRoom(store, volume)));
      if (!added) throw new SandboxError('conflict', 'volume already exists in caller namespace');
      void turnOf(volume, () => places.make(volume));
      return { ...volume, phase: 'pending', attachments: [] };
    },
    remove,
    attaching: (wanted, save) => {
      const { namespace, volume } = wanted.definition;
      if (!volume?.name) return save();
      return turnOf({ namespace, name: volume.name }, () => attached(parts, wanted, save));
    },
    letGo: (ref, service) =>
      turnOf(ref, async () => {
        if (attachmentsOf(store, ref).length === 0) await places.release(ref, service);
      }),
    recover: async () => {
      for (const volume of store.volumes.all().filter(({ leaving }) => leaving)) {
        // Where that fails it is there again, for its owner to delete.
        await remove(volume).catch(() => undefined);
      }
      await listKept(parts);
    },
  };
}

async function removed({ store }: PlacesParts, places: Places, ref: VolumeRef): Promise<void> {
  if (attachmentsOf(store, ref).length > 0) {
    throw new SandboxError('invalid', 'managed volume is still attached to one or more services', {
      hint: 'Delete those services first: their names are among its `attachments`.',
    });
  }
  if (!store.volumes.get(ref)) return;
  try {
    await places.release(ref);
  } catch (error) {
    // Still there, for another try.
    await store.volumes.mark(ref, false);
    throw error;
  }
}

async function attached({ store }: PlacesParts, wanted: Wanted, save: () => Promise<Service>): Promise<Service> {
  const made = claimed(store, wanted.definition, wanted.source);
  const before = made && store.volumes.get(made);
  if (before) await store.volumes.replace(made);
  else if (made) await store.volumes.add(made, () => demandServiceRoom(store, made));
  try {
    return await save();
  } catch (error) {
    // A service that was saved has its volume, whatever failed after that.
    const isSaved = store.services.get(wanted.definition.name) !== undefined;
    if (before && !isSaved) await store.volumes.replace(before);
    else if (made && !isSaved) await store.volumes.remove(made);
    throw error;
  }
}

/** What a version made that kept no list, for a service that is gone. */
async function listKept({ store, keeper }: PlacesParts): Promise<void> {
  const common = { size: '', owner: administrator.uid, policy: 'retain', leaving: false };
  for (const { key, maker } of (await keptBy(keeper)).found) {
    await store.volumes.add({ ...common, ...volumeOf(key), maker });
  }
}
