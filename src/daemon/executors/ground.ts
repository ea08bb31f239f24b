import type { KubernetesExecutor, KubernetesOptions } from '../../executors/kubernetes/kubernetes.ts';
import type { Settings } from '../../executors/kubernetes/manifests/settings.ts';
import type { Endpoint } from '../../objects/buckets.ts';
import type { Machine } from '../../objects/minio/minio.ts';

/** What the executor of a cluster needs of the rest of the daemon. */
export type Needs = Pick<
  KubernetesOptions,
  'isWanted' | 'onChange' | 'demandReadable' | 'recorded' | 'runTimeoutSeconds' | 'jobTimeoutSeconds' | 'log' | 'now'
> & {
  /** A user's own keys of the store. */
  keysOf: Settings['keysOf'];
};

/** A cluster that is there for services. */
export interface Ground {
  /** The MinIO in it. */
  minio?: Machine;
  /** Its file, for the user's own tools. */
  kubeconfig?: string;
  /** The executor for it, whose pods find their objects in this store. */
  start(store: Endpoint, needs: Needs): Promise<KubernetesExecutor>;
  /** Lets go of it; it goes on. */
  close(): Promise<void>;
}
