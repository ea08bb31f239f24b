import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { silent } from '../../../src/log.ts';
import type { ObjectEvent } from '../../../src/model/event.ts';
import { createEmbedded, type Embedded, type EmbeddedOptions } from '../../../src/objects/embedded/embedded.ts';
import { createBodies } from '../../../src/store/bodies.ts';
import { type Database, openDatabase } from '../../../src/store/database.ts';
import { createEvents, type Events } from '../../../src/store/events.ts';
import { createInvocations, type Invocations } from '../../../src/store/invocations.ts';

export const keys = { accessKey: 'minioadmin', secretKey: 'a secret of some length' };

/** A running store in a folder of its own, a client of it, and everything it was heard to say. */
export interface World {
  folder: string;
  db: Database;
  events: Events;
  invocations: Invocations;
  embedded: Embedded;
  url: string;
  port: number;
  s3: S3Client;
  heard: { event: ObjectEvent; jobs: string[] }[];
  /** What it wrote into its log as an error. */
  complaints: string[];
  /** The files that hold content, finished or not. */
  files(): Promise<string[]>;
  /** Stops it and starts another one on the same folder. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const clientOf = (url: string, options: object = {}) =>
  new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
    ...options,
  });

export async function createWorld(options: Partial<EmbeddedOptions> = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'embedded-'));
  const heard: World['heard'] = [];
  const complaints: string[] = [];
  const start = async () => {
    const db = openDatabase(join(folder, 'state.db'));
    const events = createEvents(db);
    const embedded = await createEmbedded({
      db,
      events,
      keys,
      folder: join(folder, 'objects'),
      region: 'us-east-1',
      now: Date.now,
      log: { ...silent, error: (message, details) => void complaints.push(`${message} ${JSON.stringify(details)}`) },
      onEvent: (event, jobs) => void heard.push({ event, jobs }),
      ...options,
    });
    const port = await embedded.listen('127.0.0.1', 0);
    const url = `http://127.0.0.1:${port}`;
    return {
      db,
      events,
      invocations: createInvocations(db, createBodies(db, '')),
      embedded,
      port,
      url,
      s3: clientOf(url),
    };
  };
  const stop = async (running: Awaited<ReturnType<typeof start>>) => {
    running.s3.destroy();
    await running.embedded.close();
    await running.db.close();
  };
  const world = {
    folder,
    heard,
    complaints,
    files: async () => {
      const names = await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true });
      return names.filter((name) => name.isFile()).map((name) => name.name);
    },
    restart: async () => {
      await stop(world);
      Object.assign(world, await start());
    },
    close: async () => {
      await stop(world);
      await rm(folder, { recursive: true, force: true });
    },
    ...(await start()),
  };
  return world;
}

/** The code of the failure that the call ends with. */
export const failureOf = (call: Promise<unknown>): Promise<{ name: string; status: number | undefined }> =>
  call.then(
    () => ({ name: 'none', status: 200 }),
    (error: { name: string; Code?: string; $metadata?: { httpStatusCode?: number } }) => ({
      name: error.Code ?? error.name,
      status: error.$metadata?.httpStatusCode,
    }),
  );
