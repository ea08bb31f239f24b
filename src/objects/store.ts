import type { Log } from '../log.ts';
import type { ObjectEvent } from '../model/event.ts';
import type { Store } from '../store/store.ts';
import type { Buckets } from './buckets.ts';

/** Which store of objects the sandbox works with: its own, a MinIO in a container, or one that is somewhere already. */
export type ObjectsChoice =
  | { kind: 'embedded' }
  | { kind: 'minio'; image: string }
  | { kind: 'endpoint'; url: string; accessKey: string; secretKey: string };

/** The store of objects with its life: `endpoint` is true, and objects can be reached, from `listen` to `close`. */
export interface ObjectStore extends Buckets {
  /** Serves S3 there, and begins to tell of events; answers the port. A store that is elsewhere keeps its own address. */
  listen(host: string, port: number): Promise<number>;
  /** Lets go of the object versions that these events were about: they can be replayed no more. */
  release(eventIds: string[]): Promise<void>;
  /** Removes what events held which are gone by now. Call it after events were deleted. */
  tidy(): Promise<void>;
  /** The bytes of overwritten and deleted objects that are kept for events alone. */
  heldBytes(): number;
  close(): Promise<void>;
}

/** What a store outside this process is handed. */
export interface OutsideParts {
  store: Pick<Store, 'events' | 'heard' | 'settings' | 'accounts' | 'bucketRules' | 'services'>;
  db: { write<T>(work: () => T): Promise<T> };
  region: string;
  /** Told of every event once it is on disk, with the names of the jobs that it made. */
  onEvent(event: ObjectEvent, jobs: string[]): void;
  now(): number;
  log: Log;
}
