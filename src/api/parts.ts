import type { Declare } from '../declare/declare.ts';
import type { Invoke } from '../invoke/parts.ts';
import type { Log } from '../log.ts';
import type { Machine } from '../model/machine.ts';
import type { Buckets } from '../objects/buckets.ts';
import type { People } from '../oidc/people.ts';
import type { Store } from '../store/store.ts';
import type { Deployments } from './deployments.ts';
import type { Exposed } from './exposed/exposed.ts';
import type { Happening, Status } from './protocol.ts';

/** What the API server stands on. */
export interface ApiParts {
  store: Store;
  declare: Declare;
  invoke: Invoke;
  buckets: Buckets;
  /** The administrator's. */
  credentials: { user: string; password: string };
  /** Everyone else. */
  people: People;
  /** This build, and the machine as Go names it (`amd64`). */
  platform: { version: string; commit: string; architecture: string };
  status(): Status;
  happenings: {
    recent(): Happening[];
    /** Answers how to stop listening. */
    subscribe(listener: (happening: Happening) => void): () => void;
  };
  /** Is this `Host` header one of our names? Any other is turned away (DNS rebinding). */
  isOurHost(host: string | undefined): boolean;
  /** Looks at the machine that all of this runs on. */
  machine(): Promise<Machine>;
  /** How the services run. */
  deployments: Deployments;
  /** The way to the web servers of services. */
  exposed: Exposed;
  log: Log;
  now(): number;
  /** The folder for request bodies that are too large for memory. */
  spool: string;
}
