import type { Status } from '../api/protocol.ts';
import { lookAtMachine } from '../engine/machine.ts';
import { createLog, type Log } from '../log.ts';
import type { Machine } from '../model/machine.ts';
import type { Endpoint } from '../objects/buckets.ts';
import type { People } from '../oidc/people.ts';
import type { LoopParts } from '../reconcile/loop.ts';
import type { Store } from '../store/store.ts';
import { type Bus, createBus } from './bus.ts';
import type { Credentials } from './credentials.ts';
import { places } from './files.ts';
import { ourHosts } from './hosts.ts';
import type { DaemonOptions } from './options.ts';
import type { Place } from './place.ts';
import { createTelling } from './tell.ts';
import type { Undo } from './undo.ts';
import { openUsers } from './users.ts';

/** What nearly every part is handed. */
export interface Surroundings {
  now(): number;
  log: Log;
  onFailure(error: unknown): void;
  bus: Bus;
  happenings: Bus;
  tell: ReturnType<typeof createTelling>;
  credentials: Credentials;
  people: People;
  /** The issuer of our own, with its users. */
  oidc?: Status['oidc'];
  isOurHost(host: string | undefined): boolean;
  platform: { version: string; commit: string; architecture: string };
  machine(): Promise<Machine>;
}

const kept = 500;

export async function createSurroundings(
  options: DaemonOptions,
  credentials: Credentials,
  undo: Undo,
): Promise<Surroundings> {
  const now = Date.now;
  const log = createLog(places(options.dataDir).log);
  const bus = createBus({ now, keep: kept });
  if (options.onHappening) bus.subscribe(options.onHappening);
  return {
    now,
    log,
    onFailure: (error) => log.error('failure', { error: String(error), stack: (error as Error)?.stack }),
    bus,
    happenings: bus,
    tell: createTelling(bus.tell),
    credentials,
    ...(await openUsers(options, { log, now }, undo)),
    isOurHost: ourHosts(options.host, options.allowHosts),
    platform: { version: `v${options.version}`, commit: '', architecture: goArchitecture(process.arch) },
    machine: () => lookAtMachine(),
  };
}

/** OSCAR tells the architecture as Go does. */
const goArchitecture = (name: string): string => (name === 'x64' ? 'amd64' : name);

type Reports = Pick<LoopParts, 'onReady' | 'onProgress' | 'onFailed' | 'onWithdrawn' | 'onBroken'>;

/** What the loop reports: told to everyone, and kept with the service. */
export const loopReports = ({ tell, onFailure }: Surroundings, { services }: Store, onEnded: () => void): Reports => ({
  onReady: (service, warnings) => {
    onEnded();
    // Said once a service: a later version, or start, says again only what is new.
    const known = services.get(service.name)?.warnings ?? [];
    if (service.stopped) tell.stopped(service);
    else
      tell.ready(
        service,
        warnings.filter((warning) => !known.includes(warning)),
      );
    if (warnings.join('\n') !== known.join('\n')) services.note(service.name, { warnings }).catch(onFailure);
  },
  onProgress: tell.progress,
  onFailed: (name, error) => {
    onEnded();
    tell.failed(name, error);
  },
  onWithdrawn: () => undefined,
  onBroken: onFailure,
});

export interface StatusParts {
  options: DaemonOptions;
  around: Surroundings;
  store: Store;
  /** The ports. */
  address: { api: number; s3: number; exposed: number };
  place: Place;
  /** Where the store of objects answers, and with which keys: one that was given has its own. */
  endpoint: Endpoint;
  /** How the executor works here. */
  detail: string;
}

/** What the daemon says about itself. */
export function statusOf({ options, around, store, address, place, endpoint, detail }: StatusParts): Status {
  const { user, password } = around.credentials;
  const { accessKey, secretKey } = endpoint;
  const url = (port: number) => `http://${urlHost(options.host)}:${port}`;
  return {
    api: url(address.api),
    s3: place.objects.kind === 'endpoint' ? endpoint.url : url(address.s3),
    dashboard: `${url(address.api)}/`,
    user,
    password,
    accessKey,
    secretKey,
    executor: place.executor,
    dataDir: options.dataDir,
    pid: process.pid,
    version: options.version,
    executorDetail: place.why ? `${place.why.replace(/\.$/, '')}; ${detail}` : detail,
    exposed: url(address.exposed),
    objects: place.objects.kind,
    ...(around.oidc ? { oidc: around.oidc } : {}),
    ...(place.ground?.kubeconfig === undefined ? {} : { kubeconfig: place.ground.kubeconfig }),
    folder: options.folder,
    services: store.services.list().length,
    jobs: store.invocations.counts(),
  };
}

/** Bound to every address, clients on this machine reach us by the loopback one. */
const urlHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};
