import { servicesNamespace } from './person.ts';

/** Which volume: names are unique among those of one namespace. */
export interface VolumeRef {
  namespace: string;
  name: string;
}

/** A folder that services attach and that outlives them. */
export interface ManagedVolume extends VolumeRef {
  /** As it was asked for, a quantity; empty where nobody remembers. */
  size: string;
  owner: string;
  /** The service that made it; empty when a person did, by the API. */
  maker: string;
  /** What becomes of it with its maker: `delete` or `retain`; empty when no service made it. */
  policy: string;
  /** It is being deleted. */
  leaving: boolean;
}

/** Where the data of volumes is kept: a container engine or a cluster. */
export interface VolumeKeeper {
  /** Sees to it that there is a place for its data; what is there already stays. */
  make(volume: ManagedVolume): Promise<void>;
  /** Removes the data, once nothing runs that uses it; the service that goes with it is withdrawn first. */
  release(volume: VolumeRef, service?: string): Promise<void>;
  /** Those that it knows, by their keys, each with the service that made it; some still wait for their place. */
  held(): Promise<{ key: string; maker: string; waits?: boolean }[]>;
}

/** What is on record of a volume that somebody may have made; nothing of one that is being deleted. */
export type VolumeRecord = (ref: VolumeRef) => ManagedVolume | undefined;

/** How a volume is known where names of all namespaces meet. No name has a dot. */
export const volumeKey = ({ namespace, name }: VolumeRef): string =>
  namespace === servicesNamespace ? name : `${namespace}.${name}`;

/** Which volume a key is of. */
export function volumeOf(key: string): VolumeRef {
  const dot = key.lastIndexOf('.');
  return dot < 0
    ? { namespace: servicesNamespace, name: key }
    : { namespace: key.slice(0, dot), name: key.slice(dot + 1) };
}
