import type { SandboxError } from '../model/errors.ts';
import type { Definition, MinioProvider, Replica, Service } from '../model/service.ts';
import type { VolumeKeeper } from '../model/volume.ts';
import type { Store } from '../store/store.ts';

export interface DeclareParts {
  store: Store;
  /** Buckets and folders of a service (`objects/provision`). */
  provision: {
    check(definition: Definition): void;
    claim(definition: Definition, had?: readonly string[]): Promise<string[]>;
    listen(definition: Definition): Promise<void>;
    settle(service: Service, before?: Definition): Promise<void>;
    release(service: string, buckets: string[]): Promise<void>;
  };
  /** The platform's own store as a definition shows it, its keys hidden. */
  minio(): MinioProvider;
  /** Ends and forgets every invocation of a service that goes. */
  forget(service: string): Promise<void>;
  /** The clusters of a service's members (`federation/members`); absent where services keep to themselves. */
  members?: {
    probe(service: Pick<Service, 'definition'>, caller?: string): Promise<void>;
    spread(service: Service, how: 'create' | 'update', caller?: string): Promise<{ done: Replica[]; errors: string[] }>;
    withdraw(service: Service, members: Replica[], caller?: string): Promise<string[]>;
  };
  /** Absent where volumes have no place. */
  keeper?: VolumeKeeper | undefined;
  /** The declared changed: look at it. */
  nudge(): void;
  onDeclared(service: Service): void;
  onRemoved(name: string): void;
  /** At the start, something of this service could not be brought in order. */
  onFailed(name: string, error: SandboxError): void;
  now(): number;
}
