import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import type { Status } from '../api/protocol.ts';
import { createApi } from '../api/server.ts';
import { createDeclare } from '../declare/declare.ts';
import { createLocal, type LocalOptions } from '../executors/local.ts';
import { createInvoke } from '../invoke/invoke.ts';
import { minioRecord, type ObjectEvent } from '../model/event.ts';
import { createProvision } from '../objects/provision.ts';
import { createLoop } from '../reconcile/loop.ts';
import { keepCredentials } from './credentials.ts';
import { places, writeStatus } from './files.ts';
import { serveFolder } from './folder.ts';
import { occupy } from './occupy.ts';
import type { DaemonOptions } from './options.ts';
import { listenFrom, listenHttp, stopHttp } from './ports.ts';
import { openStorage, repoint, type Storage, sweep } from './storage.ts';
import { createSurroundings, loopReports, type Surroundings, statusOf } from './surroundings.ts';
import { createSweeper } from './sweeper.ts';
import { createUndo, type Undo } from './undo.ts';

/** How long running jobs may take to end when the sandbox stops. */
const graceMs = 3_000;
/** How long a job rests after the executor broke. */
const retryMs = 500;

export interface Daemon {
  status(): Status;
  /** Resolves when the watched folder is served as far as it is valid. */
  served: Promise<void>;
  /** What did not come as asked for at this start, each a sentence. */
  notes: readonly string[];
  close(): Promise<void>;
}

/** Starts the sandbox in this process. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  // A burst would leave the heap's young generation at its largest, a hundred megabytes for nothing.
  setFlagsFromString('--semi-space-growth-factor=1');
  const undo = createUndo();
  try {
    return await start(options, undo);
  } catch (error) {
    await undo.all();
    throw error;
  }
}

/** The parts, in order; each is undone in reverse. */
async function start(options: DaemonOptions, undo: Undo): Promise<Daemon> {
  const { dataDir, host, folder } = options;
  const place = places(dataDir);
  undo.add(await occupy(dataDir));
  const around = createSurroundings(options, await keepCredentials(dataDir));
  const { log, now, bus, tell } = around;

  // The store tells of events before the queue that they wake is there: it is woken once it is.
  const queue: { wake?: () => void } = {};
  const onEvent = (event: ObjectEvent, jobs: string[]) => {
    tell.object(event, jobs);
    if (jobs.length > 0) queue.wake?.();
  };
  const storage = await openStorage({ ...around, place, keepLogBytes: options.keepLogBytes, onEvent });
  const { db, store, buckets, minio } = storage;
  undo.add(db.close);
  undo.add(buckets.close);
  const notes: string[] = [];
  const onMoved = (sentence: string) => void notes.push(sentence);
  const s3 = await listenFrom(options.s3Port, (port) => buckets.listen(host, port), {
    what: 'S3',
    flag: '--s3-port',
    onMoved,
  });
  await repoint(store, minio());
  await sweep(store, place.spool);

  const { executor, loop, invoke, declare } = await startEngine({ options, around, storage, undo });
  queue.wake = invoke.wake;
  await declare.recover();
  undo.add(createSweeper({ store, buckets, options, now, log }).close);

  const address = { api: 0, s3 };
  const status = () => statusOf({ options, around, store, address, detail: executor.detail });
  const api = createServer(
    { requestTimeout: 0 },
    createApi({ ...around, store, declare, invoke, buckets, status, spool: place.spool }),
  );
  undo.add(() => stopHttp(api));
  address.api = await listenFrom(options.port, (port) => listenHttp(api, host, port), {
    what: 'the API',
    flag: '--port',
    onMoved,
  });

  loop.nudge();
  const watch = folder ? serveFolder({ folder, store, declare, tell: bus.tell, now, log }) : undefined;
  if (watch) undo.add(watch.close);
  await writeStatus(dataDir, status());
  return { status, served: watch ? watch.scan() : Promise.resolve(), notes, close: undo.all };
}

interface EngineParts {
  options: DaemonOptions;
  around: Surroundings;
  storage: Storage;
  undo: Undo;
}

/** What declares services, deploys them and runs them. */
async function startEngine({ options, around, storage, undo }: EngineParts) {
  const { now, log, tell, onFailure } = around;
  const { store, buckets, minio } = storage;
  const executor = await createLocal({
    ...localOptions(options),
    buckets,
    folder: places(options.dataDir).work,
    log,
    now,
  });
  undo.add(executor.close);
  const loop = createLoop({ services: store.services, executor, ...loopReports(around, store) });
  undo.add(loop.close);
  const eventBody = (event: ObjectEvent) => Buffer.from(JSON.stringify(minioRecord(event, buckets.endpoint().url)));
  const invoke = createInvoke({
    ...options,
    store,
    executor,
    serving: loop.serving,
    eventBody,
    watcher: tell,
    graceMs,
    retryMs,
    now,
    onFailure,
  });
  undo.add(() => invoke.close(executor.close));
  const declare = createDeclare({
    store,
    provision: createProvision(buckets),
    minio,
    forget: invoke.removeAll,
    nudge: loop.nudge,
    onDeclared: tell.declared,
    onRemoved: tell.removed,
    now,
  });
  return { executor, loop, invoke, declare };
}

const localOptions = (
  options: DaemonOptions,
): Pick<LocalOptions, 'id' | 'shellEnvironment' | 'runTimeoutSeconds' | 'jobTimeoutSeconds'> => ({
  id: options.dataDir,
  shellEnvironment: options.shellEnvironment,
  runTimeoutSeconds: options.runTimeout,
  jobTimeoutSeconds: options.jobTimeout,
});
