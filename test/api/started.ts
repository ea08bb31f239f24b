import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Happening, Status } from '../../src/api/protocol.ts';
import { type ApiParts, createApi } from '../../src/api/server.ts';
import { createBus } from '../../src/daemon/bus.ts';
import { createExposure } from '../../src/daemon/exposed.ts';
import { ourHosts } from '../../src/daemon/hosts.ts';
import { createTelling } from '../../src/daemon/tell.ts';
import { createUndo } from '../../src/daemon/undo.ts';
import { createDeclare } from '../../src/declare/declare.ts';
import type { Deployment } from '../../src/executors/executor.ts';
import { members } from '../../src/federation/members.ts';
import { createInvoke } from '../../src/invoke/invoke.ts';
import { silent } from '../../src/log.ts';
import { SandboxError } from '../../src/model/errors.ts';
import type { Machine } from '../../src/model/machine.ts';
import { createEmbedded } from '../../src/objects/embedded/embedded.ts';
import { createProvision } from '../../src/objects/provision.ts';
import { nobody, type People } from '../../src/oidc/people.ts';
import { createObserver } from '../../src/reconcile/observer.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore } from '../../src/store/store.ts';
import { createActor } from '../fakes/actor.ts';

const credentials = { user: 'oscar', password: 'pass:wörd' };
/** The administrator's header. */
export const basic = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;

/** What the API is told of the machine. */
export const machine: Machine = {
  name: 'laptop',
  cpu: { capacity: 8000, usage: 1250 },
  memory: { capacity: 16_000_000_000, usage: 4_000_000_000 },
  gpus: 0,
};

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | ReadableStream;
  /** The administrator's header goes along unless this is false. */
  admin?: boolean;
}

/** An API with everything real behind it but the executor and the S3 server. */
export async function startApi(observe: () => Deployment[] = () => [], people: People = nobody) {
  const folder = await mkdtemp(join(tmpdir(), 'api-'));
  const now = Date.now;
  const failures: unknown[] = [];
  const db = openDatabase(':memory:');
  const store = createStore(
    db,
    createLogs(join(folder, 'logs'), { now, maxBytes: 1e7, onFailure: (e) => failures.push(e) }),
    join(folder, 'spool'),
  );
  const bus = createBus({ now, keep: 100 });
  const tell = createTelling(bus.tell);
  const buckets = await createEmbedded({
    db,
    events: store.events,
    folder: join(folder, 'objects'),
    keys: { accessKey: 'access-key', secretKey: 'secret-key' },
    region: 'us-east-1',
    now,
    log: silent,
  });
  await buckets.listen('127.0.0.1', 0);
  const { url, region } = buckets.endpoint();
  const actor = createActor(now);
  const invoke = createInvoke({
    store,
    executor: actor,
    serving: async (name) => {
      const service = store.services.get(name);
      if (service) return service;
      throw new SandboxError('not-found', `No service is called ${name}.`);
    },
    awaited: () => [],
    runTimeout: 0,
    eventBody: (event) => Buffer.from(JSON.stringify(event)),
    watcher: tell,
    concurrency: 4,
    serviceConcurrency: 4,
    retryMs: 1,
    graceMs: 100,
    now,
    onFailure: (error) => failures.push(error),
  });
  const declare = createDeclare({
    store,
    provision: createProvision(buckets, store.bucketRules),
    minio: () => ({ endpoint: url, verify: false, access_key: 'hidden', secret_key: 'hidden', region }),
    forget: invoke.removeAll,
    members,
    nudge: () => undefined,
    onDeclared: tell.declared,
    onRemoved: tell.removed,
    onFailed: tell.failed,
    now,
  });
  const spool = join(folder, 'spool');
  const log = {
    ...silent,
    error: (message: string, details?: object) => void failures.push(`${message} ${JSON.stringify(details)}`),
  };
  const isOurHost = ourHosts('127.0.0.1', ['my.laptop']);
  const deployments = createObserver({
    executor: { observe: async () => observe() },
    services: store.services,
    news: () => ({}),
    now,
  });
  const exposure = createExposure({
    around: { credentials, people, isOurHost, log, now },
    store,
    executor: { observe: async () => observe() },
  });
  const parts: ApiParts = {
    store,
    declare,
    invoke,
    buckets,
    credentials,
    people,
    platform: { version: '0.1.0', commit: 'abcdef12', architecture: 'amd64' },
    status: () =>
      ({
        ...credentials,
        ...{ api: address(), executor: 'local', objects: 'embedded' },
        services: store.services.list().length,
      }) as Status,
    happenings: bus,
    isOurHost,
    machine: async () => machine,
    deployments,
    exposed: exposure.exposed,
    log,
    now,
    spool,
  };
  const server = createServer(createApi(parts));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = () => `http://127.0.0.1:${port}`;
  const undo = createUndo();
  const exposedPort = await exposure.open({
    options: { host: '127.0.0.1', exposedPort: { number: 0, explicit: false } },
    api: server,
    onMoved: undefined,
    undo,
  });

  const ask = (path: string, { method = 'GET', headers = {}, body, admin = true }: Asked = {}) =>
    fetch(address() + path, {
      method,
      redirect: 'manual',
      headers: { ...(admin ? { Authorization: basic } : {}), ...headers },
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    } as RequestInit);

  return {
    parts,
    port,
    exposedPort,
    store,
    buckets,
    folder,
    spool,
    /** The request bodies that are kept in files. */
    spooled: () => readdir(spool).catch(() => []),
    happened: () => bus.recent(),
    held: actor.held,
    ask,
    /** What went wrong behind the API; a test that expects nothing of that kind looks here. */
    failures,
    tell: (happening: Omit<Happening, 'at'>) => bus.tell(happening),
    token: (service: string): string => store.services.get(service)?.definition.token ?? '',
    /** Declares a service that does what the last line of its script says. */
    serve: async (name: string, script: string, more: object = {}) => {
      const answer = await ask('/system/services', {
        method: 'POST',
        body: JSON.stringify({ name, image: 'docker.io/library/alpine', script: `#!/bin/sh\n${script}\n`, ...more }),
      });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    },
    close: async () => {
      await undo.all();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await invoke.close(async () => undefined);
      await buckets.close();
      await db.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type StartedApi = Awaited<ReturnType<typeof startApi>>;

/** Asks until the answer is the one waited for. */
export async function until<T>(ask: () => T | Promise<T>, isIt: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isIt(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
