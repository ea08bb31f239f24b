import { mkdir } from 'node:fs/promises';
import type { Log } from '../../log.ts';
import type { ObjectEvent } from '../../model/event.ts';
import { type Blobs, createBlobs } from '../../store/blobs.ts';
import { type BucketRows, createBucketRows } from '../../store/buckets.ts';
import type { Database } from '../../store/database.ts';
import type { Events } from '../../store/events.ts';
import { createObjects, type Objects } from '../../store/objects.ts';
import { createServices } from '../../store/services.ts';
import { createUploads, type Uploads } from '../../store/uploads.ts';
import { type BlobFiles, createBlobFiles } from './content/blobs.ts';
import { createRights, type Rights } from './rights.ts';

export interface CoreOptions {
  db: Database;
  events: Events;
  /** The administrator's keys. */
  keys: { accessKey: string; secretKey: string };
  /** Where the files of large objects are kept. */
  folder: string;
  region: string;
  now: () => number;
  log: Log;
  /** Told of every event once it is on disk, with the names of the jobs that it made. */
  onEvent: (event: ObjectEvent, jobs: string[]) => void;
}

/** What the embedded store is made of, handed to everything that serves a request. */
export interface Core {
  db: Database;
  buckets: BucketRows;
  objects: Objects;
  uploads: Uploads;
  blobs: Blobs;
  files: BlobFiles;
  events: Events;
  rights: Rights;
  region: string;
  now: () => number;
  log: Log;
  /** Is a service of that name declared? */
  isService(name: string): boolean;
  /** Tells everyone who waits for events. */
  announce(event: ObjectEvent, jobs: string[]): void;
  /** Calls back at every event until the answered function is called. */
  listen(heard: (event: ObjectEvent) => void): () => void;
  /** Runs the work in a transaction, and lets go of every piece of content that nothing refers to afterwards. */
  change<T>(work: () => T): Promise<T>;
  /** Unlinks files that nothing refers to any more; nobody has to wait for it. */
  discard(ids: string[]): void;
  /** Resolves when everything that nobody waited for is done. */
  settled(): Promise<void>;
}

/** MinIO forgets an upload that nobody finishes after a day; a slow line gets a week here. */
const staleUpload = 7 * 24 * 3600 * 1000;

/** Opens the store in its folder and clears away what an earlier run left unfinished. */
export async function createCore({ folder, onEvent, keys, ...given }: CoreOptions): Promise<Core> {
  const { db, log, now } = given;
  // The data folder may be one that others read.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const blobs = createBlobs(db);
  const uploads = createUploads(db);
  const services = createServices(db);
  const buckets = createBucketRows(db);
  const listeners = new Set<(event: ObjectEvent) => void>();
  const { inBackground, settled } = createBackground((error) =>
    log.error('files of the store that are not needed any more could not be deleted', { error: String(error) }),
  );
  const files = await createBlobFiles(folder, blobs, inBackground);
  const discard = (ids: string[]) => {
    if (ids.length > 0) inBackground(files.drop(ids));
  };
  inBackground((await files.sweep()).done);
  const change = async <T>(work: () => T): Promise<T> => {
    const { value, free } = await db.write(() => ({ value: work(), free: blobs.collect() }));
    discard(free);
    return value;
  };
  await change(() => uploads.removeOlder(now() - staleUpload));
  return {
    ...given,
    buckets,
    rights: createRights({ db, buckets }, keys),
    objects: createObjects(db),
    uploads,
    blobs,
    files,
    change,
    discard,
    settled,
    isService: (name) => services.get(name) !== undefined,
    announce: (event, jobs) => {
      try {
        onEvent(event, jobs);
        for (const heard of listeners) heard(event);
      } catch (error) {
        // The object is stored, and so are its jobs: whoever stored it must not be told otherwise.
        log.error('an event could not be told of', { event: event.id, error: String(error) });
      }
    },
    listen: (heard) => {
      listeners.add(heard);
      return () => void listeners.delete(heard);
    },
  };
}

function createBackground(failed: (error: unknown) => void) {
  const running = new Set<Promise<unknown>>();
  return {
    inBackground: (work: Promise<unknown>) => {
      const ended: Promise<unknown> = work.catch(failed).then(() => void running.delete(ended));
      running.add(ended);
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
