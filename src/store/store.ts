import { type Bodies, createBodies } from './bodies.ts';
import type { Database } from './database.ts';
import { createEvents, type Events } from './events.ts';
import { createHeard, type Heard } from './heard.ts';
import { createInvocations, type Invocations } from './invocations.ts';
import type { Logs } from './logs.ts';
import { createRequests, type Requests } from './requests.ts';
import { createServices, type Services } from './services.ts';
import { createSettings, type Settings } from './settings.ts';

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
  };
}
