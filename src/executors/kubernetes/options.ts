import type { Cluster } from '../../engine/cluster.ts';
import type { Log } from '../../log.ts';
import type { VolumeRecord } from '../../model/volume.ts';
import type { ObjectRef } from '../../objects/buckets.ts';
import type { Offer } from '../needs.ts';
import type { Settings } from './manifests/settings.ts';
import type { CallWay } from './ways.ts';

/** What the kubernetes executor is handed. */
export interface KubernetesOptions {
  cluster: Cluster;
  /** What the objects of all services have in common: their namespace, and the marks of this sandbox among it. */
  settings: Settings;
  /** How a call gets to a service. */
  way(service: string): CallWay;
  /** Who can reach the services themselves: everybody who reaches the cluster's gateway, or its pods alone. */
  visibility: 'outside' | 'cluster';
  /** What the cluster can give to one task; where that is not known, its scheduler tells. */
  offer?: Offer;
  /** Throws when a service may not read the object that a task of it is about. */
  demandReadable?(ref: ObjectRef): Promise<void>;
  /** Does an unfinished job of this id still exist? */
  isWanted(task: string): boolean;
  /** The volumes that were made without a service. */
  recorded?: VolumeRecord;
  /** Something changed in the cluster: what is deployed is to be looked at. */
  onChange(): void;
  /** Seconds after which a call, or a job, is ended; 0 is never. */
  runTimeoutSeconds: number;
  jobTimeoutSeconds: number;
  log: Log;
  now(): number;
}
