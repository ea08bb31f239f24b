import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createExposed, type Exposed } from '../api/exposed/exposed.ts';
import type { Reach } from '../api/exposed/way.ts';
import type { Deployment, Executor } from '../executors/executor.ts';
import type { Store } from '../store/store.ts';
import type { DaemonOptions } from './options.ts';
import { exposedNaming, listenFrom, listenHttp, type Naming, stopHttp } from './ports.ts';
import type { Surroundings } from './surroundings.ts';
import type { Undo } from './undo.ts';

/** How long what was observed is taken for true: a page asks for many things at once. */
const freshMs = 200;

export interface ExposureParts {
  around: Pick<Surroundings, 'isOurHost' | 'log' | 'now'> &
    Partial<Pick<Surroundings, 'people'>> & { credentials: { user: string; password: string } };
  store: Pick<Store, 'services' | 'usage'>;
  executor: Pick<Executor, 'observe'>;
}

export interface Opening {
  options: Pick<DaemonOptions, 'host' | 'exposedPort'>;
  /** The API's server: WebSockets of exposed services come to it too. */
  api: Server;
  onMoved: Naming['onMoved'];
  undo: Pick<Undo, 'add'>;
}

/** What leads to exposed services. */
export interface Exposure {
  exposed: Exposed;
  /** Opens the port of exposed services; answers its number. */
  open(opening: Opening): Promise<number>;
}

export function createExposure({ around, store, executor }: ExposureParts): Exposure {
  const address = { port: 0 };
  const exposed = createExposed({
    ...around,
    services: store.services,
    reach: createReach(executor, around.now),
    visited: (service) =>
      void store.usage
        .visited(service, around.now())
        .catch((error) => around.log.error('a request of a service was not counted', { error: String(error) })),
    port: () => address.port,
  });
  return {
    exposed,
    open: async ({ options: { host, exposedPort }, api, onMoved, undo }) => {
      const server = createServer({ requestTimeout: 0 }, exposed.listener);
      for (const one of [api, server]) takeUpgrades(one, exposed);
      undo.add(() => stopHttp(server));
      undo.add(exposed.close);
      const naming = { ...exposedNaming, ...(onMoved ? { onMoved } : {}) };
      address.port = await listenFrom(exposedPort, (port) => listenHttp(server, host, port), naming);
      return address.port;
    },
  };
}

/** WebSockets of exposed services alone: another wish to upgrade, such as for HTTP/2, is one that HTTP may ignore. */
function takeUpgrades(server: Server, exposed: Exposed): void {
  Object.assign(server, { shouldUpgradeCallback: exposed.upgrades });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    exposed.upgrade(request, socket, head),
  );
}

/** Where services answer, by what the executor observes; it is asked now and then, not at every request. */
export function createReach({ observe }: ExposureParts['executor'], now: () => number) {
  let asked = Number.NEGATIVE_INFINITY;
  let seen: Promise<Deployment[]> = Promise.resolve([]);
  return async (service: string): Promise<Reach | undefined> => {
    if (now() - asked >= freshMs) {
      asked = now();
      seen = observe();
      seen.catch(() => {
        // Those who wait for it are told; the next one asks anew.
        asked = Number.NEGATIVE_INFINITY;
      });
    }
    const found = (await seen).find((deployment) => deployment.service === service);
    return found && { addresses: found.addresses ?? [], state: found.state, reason: found.reason };
  };
}
