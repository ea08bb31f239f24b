import type { SandboxError } from '../model/errors.ts';
import type { Definition, MinioProvider, Service } from '../model/service.ts';
import type { Store } from '../store/store.ts';

export interface DeclareParts {
  store: Store;
  /** Buckets and folders of a service (`objects/provision`). */
  provision: {
    check(definition: Definition): void;
    claim(definition: Definition): Promise<string[]>;
    listen(definition: Definition): Promise<void>;
    release(service: string, buckets: string[]): Promise<void>;
  };
  /** The platform's own store as a definition shows it, its keys hidden. */
  minio(): MinioProvider;
  /** Ends and forgets every invocation of a service that goes. */
  forget(service: string): Promise<void>;
  /** Removes a volume that this service created; absent where there are no volumes. */
  releaseVolume?: ((service: string, volume: string) => Promise<void>) | undefined;
  /** The declared changed: look at it. */
  nudge(): void;
  onDeclared(service: Service): void;
  onRemoved(name: string): void;
  /** At the start, something of this service could not be brought in order. */
  onFailed(name: string, error: SandboxError): void;
  now(): number;
}
