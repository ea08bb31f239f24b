import type { Definition, MinioProvider, Replica, Service } from './service.ts';

/** What a copy of a service on another cluster tells of where it comes from. */
export const origin = {
  cluster: 'oscar.grycap/origin-cluster',
  service: 'oscar.grycap/origin-service',
  worker: 'oscar.grycap/federation-worker',
} as const;

/** Was this service made by another cluster, as a copy of its own? */
export const isWorker = ({ annotations }: Pick<Definition, 'annotations'>): boolean =>
  annotations[origin.worker] === 'true';

export const membersOf = ({ federation }: Pick<Definition, 'federation'>): Replica[] => federation?.members ?? [];

export const isOscar = ({ type }: Replica): boolean => type.toLowerCase() === 'oscar';

/** How the cluster that a service is on is called by its members. OSCAR: its own name, where nobody gave it another. */
export const clusterOf = ({ cluster_id }: Pick<Definition, 'cluster_id'>): string => cluster_id || 'oscar';

/** How a member is told of. */
export const memberName = ({ type, cluster_id, service_name, url }: Replica): string =>
  type.toLowerCase() === 'endpoint' ? url : `${service_name} on ${cluster_id}`;

/** Does `wanted` mean this member? Endpoints have nothing but their address to tell them apart. */
export const isMember = (member: Replica, wanted: Replica): boolean =>
  member.type.toLowerCase() === wanted.type.toLowerCase() &&
  member.cluster_id === wanted.cluster_id &&
  member.service_name === wanted.service_name &&
  (isOscar(member) || wanted.url === '' || member.url === wanted.url);

/**
 * The store of objects beside a service, with keys that its members may have: the author of the definition gave them,
 * under the name of the cluster or (as for OSCAR) as `default`.
 */
export function lentStore(definition: Definition): MinioProvider | undefined {
  const { [clusterOf(definition)]: named, default: own } = definition.storage_providers.minio ?? {};
  return [named, own].find((store) => store && isLent(store));
}

/** Is this a store with keys, and not the platform's own as a definition shows it? */
export const isLent = ({ endpoint, access_key }: MinioProvider): boolean => endpoint !== '' && access_key !== 'hidden';

/**
 * What a member said to a job: it has it; it does not want it; nothing, since it was not reached; or nothing, and it may
 * have it or not.
 */
export type Handed = { kind: 'taken' } | Untaken;
export interface Untaken {
  kind: 'refused' | 'away' | 'unknown';
  why: string;
}

/** A job on its way to another cluster. */
export interface Parcel {
  id: string;
  service: Service;
  /** What it was called with. */
  body: Buffer;
}

/** What knows the members of a service. */
export interface Delegate {
  /** Those that may be given a job now, the best one first. */
  order(service: Service, signal: AbortSignal): Promise<Replica[]>;
  /** Offers the job to a member. The same job may be offered again: it is taken once. */
  offer(member: Replica, parcel: Parcel, signal: AbortSignal): Promise<Handed>;
  /** Does it ask for more than this machine has at all? */
  exceeds(service: Service): Promise<boolean>;
}
