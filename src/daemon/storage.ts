import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import type { ObjectEvent } from '../model/event.ts';
import type { MinioProvider } from '../model/service.ts';
import { createEmbedded, type Embedded } from '../objects/embedded/embedded.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { createLogs } from '../store/logs.ts';
import { createStore, type Store } from '../store/store.ts';
import type { Credentials } from './credentials.ts';
import type { places } from './files.ts';

/** OSCAR's region, wherever the store really is. */
const region = 'us-east-1';

export interface StorageParts {
  place: ReturnType<typeof places>;
  credentials: Credentials;
  keepLogBytes: number;
  isOurHost(host: string | undefined): boolean;
  onEvent(event: ObjectEvent, jobs: string[]): void;
  onFailure(error: unknown): void;
  now(): number;
  log: Log;
}

export interface Storage {
  db: Database;
  store: Store;
  buckets: Embedded;
  /** The platform's own store as a definition shows it, its keys hidden. */
  minio(): MinioProvider;
}

/** Opens everything that is kept: what we remember, and the objects in buckets. */
export async function openStorage(parts: StorageParts): Promise<Storage> {
  const { place, credentials, keepLogBytes, onFailure, onEvent, isOurHost, now, log } = parts;
  const db = openDatabase(place.database);
  const store = createStore(db, createLogs(place.logs, { now, maxBytes: keepLogBytes, onFailure }), place.spool);
  const { accessKey, secretKey } = credentials;
  const buckets = await createEmbedded({
    db,
    events: store.events,
    folder: place.objects,
    keys: { accessKey, secretKey },
    region,
    isOurHost,
    onEvent,
    now,
    log,
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

/** The store may answer elsewhere than at the last start: every definition is told. */
export async function repoint({ services }: Store, minio: MinioProvider): Promise<void> {
  const elsewhere = services
    .list()
    .filter(({ definition }) => definition.storage_providers.minio?.default?.endpoint !== minio.endpoint);
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
