import { type Accounts, createAccounts } from './accounts.ts';
import { type Bodies, createBodies } from './bodies.ts';
import { type BucketRules, createBucketRules } from './bucketrules.ts';
import type { Database } from './database.ts';
import { createEvents, type Events } from './events.ts';
import { createHeard, type Heard } from './heard.ts';
import { createInvocations, type Invocations } from './invocations.ts';
import type { Logs } from './logs.ts';
import { createQuotas, type Quotas } from './quotas.ts';
import { createRequests, type Requests } from './requests.ts';
import { createServices, type Services } from './services.ts';
import { createSettings, type Settings } from './settings.ts';
import { createUsage, type Usage } from './usage.ts';
import { createVolumes, type Volumes } from './volumes.ts';

/** Everything the sandbox remembers, but for the objects in its buckets. */
export interface Store {
  services: Services;
  events: Events;
  heard: Heard;
  invocations: Invocations;
  bodies: Bodies;
  requests: Requests;
  settings: Settings;
  logs: Logs;
  /** The users' keys. */
  accounts: Accounts;
  bucketRules: BucketRules;
  volumes: Volumes;
  quotas: Quotas;
  usage: Usage;
}

/** `spool` is the folder of large bodies. */
export function createStore(db: Database, logs: Logs, spool: string): Store {
  const bodies = createBodies(db, spool);
  return {
    services: createServices(db),
    events: createEvents(db),
    heard: createHeard(db),
    invocations: createInvocations(db, bodies),
    bodies,
    requests: createRequests(db),
    settings: createSettings(db),
    logs,
    accounts: createAccounts(db),
    bucketRules: createBucketRules(db),
    volumes: createVolumes(db),
    quotas: createQuotas(db),
    usage: createUsage(db),
  };
}
