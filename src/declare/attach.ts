import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Definition, Source } from '../model/service.ts';
import type { ManagedVolume, VolumeRef } from '../model/volume.ts';
import type { Store } from '../store/store.ts';
import { demandRoom } from './quotas.ts';

/** The services that attach a volume, by name, and where each sees it. */
export const attachmentsOf = (
  { services }: Store,
  { namespace, name }: VolumeRef,
): { service: string; path: string }[] =>
  services
    .list()
    .map(({ definition }) => definition)
    .filter((one) => one.volume?.name === name && one.namespace === namespace)
    .map((one) => ({ service: one.name, path: one.volume?.mount_path ?? '' }));

/** The volume that a new service makes; nothing when it attaches one. Throws when there is none, or one too many. */
export function claimed(store: Store, definition: Definition, source: Source): ManagedVolume | undefined {
  const { volume, namespace, owner, name: maker } = definition;
  if (!volume?.name) return undefined;
  const ref = { namespace, name: volume.name };
  const there = store.volumes.get(ref);
  if (!volume.size) {
    // The files of a folder come in any order: the service waits for the one that makes it.
    if (source.kind === 'api' && (!there || there.leaving)) throw missing();
    return undefined;
  }
  // Who puts a file back finds what its service left.
  if (there && (there.maker !== maker || source.kind !== 'file')) throw taken(there);
  const { size, lifecycle_policy: policy = 'delete' } = volume;
  return { ...ref, size, owner, maker, policy, leaving: false };
}

/** Throws when the owner of a service may not have the volume that it makes. */
export function demandServiceRoom(store: Store, volume: ManagedVolume): void {
  try {
    demandRoom(store, volume);
  } catch (error) {
    const { message, hint } = asSandboxError(error);
    throw new SandboxError('rejected', `Error creating the service: ${message}`, { hint, cause: error });
  }
}

const missing = () =>
  new SandboxError('invalid', 'Referenced volume does not exist in the caller namespace', {
    hint: 'Give it a `size` to have it made, or make it first with POST /system/volumes.',
  });

const taken = ({ maker }: ManagedVolume) =>
  new SandboxError('conflict', 'A managed volume with the provided name already exists', {
    hint: `${maker ? `The service ${maker} made it.` : 'It was made by the API.'} Leave out \`size\` to attach it, or choose another name.`,
  });
