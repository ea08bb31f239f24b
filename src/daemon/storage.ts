import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../log.ts';
import { SandboxError } from '../model/errors.ts';
import type { ObjectEvent } from '../model/event.ts';
import { isLent } from '../model/federation.ts';
import type { MinioProvider } from '../model/service.ts';
import { createEmbedded } from '../objects/embedded/embedded.ts';
import type { Machine } from '../objects/minio/minio.ts';
import type { ObjectStore, ObjectsChoice } from '../objects/store.ts';
import { type Addon, type Database, openDatabase } from '../store/database.ts';
import { createLogs } from '../store/logs.ts';
import { createStore, type Store } from '../store/store.ts';
import type { Credentials } from './credentials.ts';
import { dataId, type places } from './files.ts';

/** OSCAR's region, wherever the store really is. */
const region = 'us-east-1';

export interface StorageParts {
  /** SQLite's native part, where the package does not find its own. */
  addon?: Addon;
  place: ReturnType<typeof places>;
  credentials: Credentials;
  keepLogBytes: number;
  dataDir: string;
  objects: ObjectsChoice;
  /** Where a MinIO of our own runs: in a cluster, or on an engine. */
  machine?: Machine;
  engine?: Engine;
  isOurHost(host: string | undefined): boolean;
  onEvent(event: ObjectEvent, jobs: string[]): void;
  onFailure(error: unknown): void;
  now(): number;
  log: Log;
}

export interface Storage {
  db: Database;
  store: Store;
  buckets: ObjectStore;
  /** The platform's own store as a definition shows it, its keys hidden. */
  minio(): MinioProvider;
}

/** Opens everything that is kept: what we remember, and the objects in buckets. */
export async function openStorage(parts: StorageParts): Promise<Storage> {
  const { place, addon, keepLogBytes, onFailure, now } = parts;
  const db = openDatabase(place.database, addon);
  const store = createStore(db, createLogs(place.logs, { now, maxBytes: keepLogBytes, onFailure }), place.spool);
  const buckets = await openObjects(parts, db, store).catch(async (error) => {
    await db.close();
    throw error;
  });
  const minio = () => ({
    endpoint: buckets.endpoint().url,
    verify: false,
    access_key: 'hidden',
    secret_key: 'hidden',
    region,
  });
  return { db, store, buckets, minio };
}

async function openObjects(parts: StorageParts, db: Database, store: Store): Promise<ObjectStore> {
  const { place, credentials, objects, isOurHost, onEvent, now, log } = parts;
  const { accessKey, secretKey } = credentials;
  const outside = { db, store, region, onEvent, now, log };
  if (objects.kind === 'endpoint') {
    const { createEndpoint } = await import('../objects/minio/endpoint.ts');
    return createEndpoint(outside, objects);
  }
  if (objects.kind === 'minio') {
    const { createMinio } = await import('../objects/minio/minio.ts');
    const machine = parts.machine ?? (await inContainer(parts, objects.image));
    return createMinio({ ...outside, keys: { accessKey, secretKey }, machine });
  }
  const keys = { accessKey, secretKey };
  const { events } = store;
  return createEmbedded({ db, events, folder: place.objects, keys, region, isOurHost, onEvent, now, log });
}

async function inContainer({ engine, dataDir, log }: StorageParts, image: string): Promise<Machine> {
  const { createContainer } = await import('../objects/minio/container.ts');
  return createContainer({ engine: demandEngine(engine), id: dataId(dataDir), image, log });
}

function demandEngine(engine: Engine | undefined): Engine {
  if (engine) return engine;
  throw new SandboxError('unavailable', '--objects minio needs a container engine.', {
    hint: 'Start Docker or Podman, or use --objects embedded.',
  });
}

/** The store may answer elsewhere than at the last start: every definition is told. */
export async function repoint({ services }: Store, minio: MinioProvider): Promise<void> {
  const elsewhere = services.list().filter(
    ({
      definition: {
        storage_providers: { minio: stores },
      },
    }) => {
      const own = stores?.default;
      // A federated service lends the store with an address and keys of its author's choice.
      return own === undefined || (!isLent(own) && own.endpoint !== minio.endpoint);
    },
  );
  // All at once: they share one write.
  await Promise.all(
    elsewhere.map(({ name, definition }) => {
      const providers = { ...definition.storage_providers.minio, default: minio };
      const storage_providers = { ...definition.storage_providers, minio: providers };
      return services.note(name, { definition: { ...definition, storage_providers } });
    }),
  );
}

/** Removes what a crash left over: bodies and logs that belong to no invocation. */
export async function sweep({ bodies, invocations, logs }: Store, spool: string): Promise<void> {
  for (const name of await readdir(spool)) {
    if (!bodies.hasFile(name)) await rm(join(spool, name), { force: true });
  }
  for (const service of await logs.services()) {
    const kept = new Set(invocations.idsOf(service));
    for (const id of await logs.list(service)) if (!kept.has(id)) await logs.remove(service, id);
  }
}
