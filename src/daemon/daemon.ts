import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import type { Status } from '../api/protocol.ts';
import { createApi } from '../api/server.ts';
import { createDeclare } from '../declare/declare.ts';
import { members } from '../federation/members.ts';
import { createInvoke } from '../invoke/invoke.ts';
import { SandboxError } from '../model/errors.ts';
import { minioRecord, type ObjectEvent } from '../model/event.ts';
import { createProvision } from '../objects/provision.ts';
import { createLoop } from '../reconcile/loop.ts';
import { createObserver } from '../reconcile/observer.ts';
import { unpackAddon } from './addon.ts';
import { keepCredentials } from './credentials.ts';
import { delegationOf } from './delegation.ts';
import { createMeans } from './executors/means.ts';
import { startExecutor } from './executors/start.ts';
import { createExposure } from './exposed.ts';
import { places, writeStatus } from './files.ts';
import { serveFolder } from './folder.ts';
import { rememberEngine } from './leftovers.ts';
import { occupy } from './occupy.ts';
import type { DaemonOptions } from './options.ts';
import { demandWhole, findPlace, type Place } from './place.ts';
import { apiNaming, demandFree, exposedNaming, listenFrom, listenHttp, stopHttp } from './ports.ts';
import { rememberOptions } from './remembered.ts';
import { openStorage, repoint, type Storage, sweep } from './storage.ts';
import { createSurroundings, loopReports, type Surroundings, statusOf } from './surroundings.ts';
import { createSweeper } from './sweeper.ts';
import { createUndo, type Undo } from './undo.ts';

/** How long running jobs may take to end when the sandbox stops. */
const graceMs = 3_000;
/** A cluster takes seconds to have a new version up: that one is to answer the call that follows a save. */
const groundPatienceMs = 20_000;
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

/** Starts the sandbox in this process; the signal calls off a start that takes long. */
export async function startDaemon(
  options: DaemonOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<Daemon> {
  // A burst would leave the heap's young generation at its largest, a hundred megabytes for nothing.
  setFlagsFromString('--semi-space-growth-factor=1');
  const undo = createUndo();
  try {
    return await start(options, undo, signal);
  } catch (error) {
    await undo.all();
    if (signal.aborted) throw new SandboxError('failed', 'The start was called off.', { cause: error });
    throw error;
  }
}

/** The parts, in order; each is undone in reverse. */
async function start(options: DaemonOptions, undo: Undo, signal: AbortSignal): Promise<Daemon> {
  const { dataDir, host, folder } = options;
  const files = places(dataDir);
  const addon = await unpackAddon(options.cacheFolders);
  undo.add(await occupy(dataDir, addon));
  await demandFree(host, [
    [options.port, apiNaming],
    [options.exposedPort, exposedNaming],
  ]);
  const around = await createSurroundings(options, await keepCredentials(dataDir), undo);
  const { log, now, bus, tell } = around;
  const place = await findPlace(options, createMeans(options, around, signal));
  if (place.ground) undo.add(place.ground.close);

  // The store tells of events before the queue that they wake is there: it is woken once it is.
  const queue: { wake?: () => void } = {};
  const onEvent = (event: ObjectEvent, jobs: string[]) => {
    tell.object(event, jobs);
    if (jobs.length > 0) queue.wake?.();
  };
  await demandWhole(place, files.work);
  if (place.engine) await rememberEngine(dataDir, place.engine);
  const storage = await openStorage({
    ...around,
    ...options,
    ...{ addon, place: files, engine: place.engine, machine: place.ground?.minio, objects: place.objects, onEvent },
  });
  const { db, store, buckets, minio } = storage;
  undo.add(db.close);
  undo.add(buckets.close);
  const notes = notesOf(options, place);
  const onMoved = (sentence: string) => void notes.push(sentence);
  const s3 = await listenFrom(options.s3Port, (port) => buckets.listen(host, port), {
    what: 'S3',
    flag: '--s3-port',
    onMoved,
  });
  const { number: wanted } = options.s3Port;
  if (place.ground?.minio && wanted !== 0 && s3 !== wanted)
    onMoved(`S3 is on ${s3}: port ${wanted} was in use when its cluster was made.`);
  await repoint(store, minio());
  await sweep(store, files.spool);

  const { executor, loop, invoke, declare, deployments } = await startEngine({ options, around, storage, place, undo });
  queue.wake = invoke.wake;
  await declare.recover();
  undo.add(createSweeper({ store, buckets, options, now, log }).close);

  const exposure = createExposure({ around, store, executor: deployments });
  const address = { api: 0, s3, exposed: 0 };
  const status = () =>
    statusOf({ options, around, store, address, place, endpoint: buckets.endpoint(), detail: executor.detail });
  const api = createServer(
    { requestTimeout: 0 },
    createApi({ ...around, ...exposure, store, declare, invoke, deployments, buckets, status, spool: files.spool }),
  );
  undo.add(() => stopHttp(api));
  address.api = await listenFrom(options.port, (port) => listenHttp(api, host, port), { ...apiNaming, onMoved });
  address.exposed = await exposure.open({ options, api, onMoved, undo });

  loop.nudge();
  const watch = folder ? serveFolder({ folder, store, declare, tell: bus.tell, now, log }) : undefined;
  if (watch) undo.add(watch.close);
  undo.add(await rememberOptions(options));
  await writeStatus(dataDir, status());
  return { status, served: watch ? watch.scan().then(loop.settled) : Promise.resolve(), notes, close: undo.all };
}

interface EngineParts {
  options: DaemonOptions;
  around: Surroundings;
  storage: Storage;
  place: Place;
  undo: Undo;
}

/** What declares services, deploys them and runs them. */
async function startEngine({ options, around, storage, place, undo }: EngineParts) {
  const { now, tell, onFailure } = around;
  const { store, buckets, minio } = storage;
  // What was waited for wakes the jobs that wait for it; what changed on the engine, the loop.
  const later: { wake?: () => void; nudge?: () => void } = {};
  const executor = await startExecutor({ options, around, storage, place, onChange: () => later.nudge?.() });
  undo.add(executor.close);
  const news = (name: string) => loop.news(name);
  const deployments = createObserver({ executor, services: store.services, news, now });
  const loop = createLoop({
    services: store.services,
    executor: { ...executor, observe: deployments.observe },
    ...(place.ground ? { patienceMs: groundPatienceMs } : {}),
    ...loopReports(around, store, () => later.wake?.()),
  });
  later.nudge = loop.nudge;
  undo.add(loop.close);
  const eventBody = (event: ObjectEvent) => Buffer.from(JSON.stringify(minioRecord(event, buckets.endpoint().url)));
  const invoke = createInvoke({
    ...options,
    store,
    executor,
    serving: loop.serving,
    awaited: loop.awaited,
    eventBody,
    watcher: tell,
    graceMs,
    retryMs,
    delegation: delegationOf(options, around),
    now,
    onFailure,
  });
  later.wake = invoke.wake;
  undo.add(() => invoke.close(executor.close));
  const declare = createDeclare({
    store,
    provision: createProvision(buckets, store.bucketRules),
    minio,
    forget: invoke.removeAll,
    keeper: executor.volumes,
    members,
    nudge: loop.nudge,
    onDeclared: tell.declared,
    onRemoved: tell.removed,
    onFailed: (name, error) => {
      tell.failed(name, error);
      onFailure(error);
    },
    now,
  });
  return { executor, loop, invoke, declare, deployments };
}

/** What did not come as asked for. */
const notesOf = ({ executor, host, dataDir }: DaemonOptions, place: Place): string[] => [
  ...(place.why && executor !== 'auto' ? [place.why] : []),
  ...(executor === 'kind' && !place.ground && existsSync(places(dataDir).cluster)
    ? ['What its cluster keeps, objects among it, is seen again once the cluster is there.']
    : []),
  // Others on the network may come in, and services run as this user.
  ...(place.executor === 'local' && !/^(127\.|::1$|localhost$)/.test(host)
    ? [`Listening on ${host}: whoever holds the password runs programs as you.`]
    : []),
];
