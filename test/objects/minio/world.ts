import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { silent } from '../../../src/log.ts';
import type { ObjectEvent } from '../../../src/model/event.ts';
import { createMinio } from '../../../src/objects/minio/minio.ts';
import { whenReady } from '../../../src/objects/minio/readiness.ts';
import type { ObjectStore, OutsideParts } from '../../../src/objects/store.ts';
import { type Database, openDatabase } from '../../../src/store/database.ts';
import { createLogs } from '../../../src/store/logs.ts';
import { createStore, type Store } from '../../../src/store/store.ts';
import { clientOf, keys } from '../embedded/world.ts';

/** How long a test waits for what comes by itself: MinIO's queue is emptied every 3 s. */
export const patience = { timeout: 20_000, interval: 25 };

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A MinIO in a process of its own, on a free port and a folder of its own. */
export interface Process {
  url: string;
  settings: Record<string, string>;
  start(): Promise<void>;
  stop(signal?: 'SIGKILL'): Promise<void>;
}

export async function createProcess(program: string, folder: string): Promise<Process> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const minio: Process = {
    url,
    settings: { MINIO_ROOT_USER: keys.accessKey, MINIO_ROOT_PASSWORD: keys.secretKey },
    start: async () => {
      if (child) return;
      const args = ['server', '--address', `127.0.0.1:${port}`, '--quiet', join(folder, 'data')];
      child = spawn(program, args, { env: { HOME: folder, ...minio.settings }, stdio: 'ignore' });
      await vi.waitFor(async () => {
        const answer = await fetch(`${url}/minio/health/ready`);
        if (!answer.ok) throw new Error(`MinIO is not ready: ${answer.status}`);
      }, patience);
    },
    stop: async (signal) => {
      if (!child) return;
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child.kill(signal);
      await ended;
      child = undefined;
    },
  };
  return minio;
}

/** What we remember, with one store of objects on it that can go and come back. */
export interface World {
  folder: string;
  minio: Process;
  db: Database;
  store: Store;
  objects: ObjectStore;
  s3: S3Client;
  heard: { event: ObjectEvent; jobs: string[] }[];
  complaints: string[];
  /** Has MinIO's queue told of this key? */
  told(key: string): boolean;
  declare(name: string): Promise<void>;
  /** The store of objects opens, on what was remembered. */
  up(port?: number): Promise<void>;
  down(): Promise<void>;
  close(): Promise<void>;
}

export type Opening = (parts: OutsideParts, minio: Process, folder: string) => ObjectStore | Promise<ObjectStore>;

/** MinIO started by us, with our webhooks. */
export const withWebhooks: Opening = (parts, minio, folder) =>
  createMinio({
    ...parts,
    keys,
    machine: {
      queueFolder: join(folder, 'queue'),
      doorstep: async () => ({ bind: '127.0.0.1', name: '127.0.0.1' }),
      run: async (settings) => {
        minio.settings = settings;
        await minio.start();
        return whenReady(minio.url);
      },
    },
  });

export async function createWorld(program: string, opening: Opening = withWebhooks): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'minio-'));
  const minio = await createProcess(program, folder);
  const heard: World['heard'] = [];
  const complaints: string[] = [];
  const complain = (message: string, details?: object) => void complaints.push(`${message} ${JSON.stringify(details)}`);
  const log = { ...silent, error: complain, warn: complain };
  const world = {
    folder,
    minio,
    heard,
    complaints,
    s3: clientOf(minio.url),
    up: async (port = 0) => {
      const db = openDatabase(join(folder, 'state.db'));
      const logs = createLogs(join(folder, 'logs'), { now: Date.now, maxBytes: 1000, onFailure: console.error });
      const store = createStore(db, logs, join(folder, 'spool'));
      const onEvent = (event: ObjectEvent, jobs: string[]) => void heard.push({ event, jobs });
      const objects = await opening({ db, store, region: 'us-east-1', onEvent, now: Date.now, log }, minio, folder);
      Object.assign(world, { db, store, objects });
      await objects.listen('127.0.0.1', port);
    },
    down: async () => {
      await world.objects.close();
      await world.db.close();
    },
    close: async () => {
      await world.down();
      world.s3.destroy();
      await minio.stop('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
    told: (key: string) =>
      world.db.prepare('select 1 from heard where key = ? and told is not null').get(key) !== undefined,
    declare: async (name: string) =>
      void (await world.store.services.save({
        name,
        fingerprint: 'f',
        definition: {} as never,
        secrets: {},
        source: { kind: 'api' },
        buckets: [],
        warnings: [],
        declaredAt: 0,
      })),
  } as World;
  try {
    await world.up();
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}
