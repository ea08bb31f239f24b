import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Executor } from '../../src/executors/executor.ts';
import { createInvoke } from '../../src/invoke/invoke.ts';
import type { DelegationOptions, InvokeControl } from '../../src/invoke/parts.ts';
import { SandboxError } from '../../src/model/errors.ts';
import type { Invocation } from '../../src/model/invocation.ts';
import type { Service } from '../../src/model/service.ts';
import type { Outcome, Task } from '../../src/model/task.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';

/** How a task ended, for an executor that only pretends. */
export const outcome = (state: Outcome['state'] = 'Succeeded', reason?: string): Outcome => ({
  state,
  exitCode: state === 'Succeeded' ? 0 : 3,
  reason,
  answer: { form: 'output', content: { bytes: Buffer.from('done') } },
  outputs: [],
  startedAt: 0,
  finishedAt: 0,
  release: async () => undefined,
});

/** What a test holds: a real store, and `invoke` over an executor that the test may replace. */
export interface Scene {
  folder: string;
  db: Database;
  store: Store;
  invoke: InvokeControl;
  clock: number;
  /** The tasks that the executor was given. */
  tasks: Task[];
  run: Executor['run'];
  failures: unknown[];
  start(limits?: { concurrency: number; serviceConcurrency: number; delegation?: DelegationOptions }): InvokeControl;
  /** The invocation once it is in its final state. */
  end(id: string): Promise<Invocation>;
  log(id: string): Promise<string[]>;
  /** Services that cannot serve yet. */
  awaited: Set<string>;
  /** What serves, if not the newest version. */
  serves: Service | undefined;
}

/** Opens a scene before each test of the file and closes it after. */
export function useScene(): Scene {
  const finished = new Map<string, (invocation: Invocation) => void>();
  const scene = {
    start: (limits = { concurrency: 2, serviceConcurrency: 1 }) => startInvoke(scene, finished, limits),
    end: (id) => {
      const now = scene.store.invocations.get(id);
      if (now?.finishedAt !== undefined) return Promise.resolve(now);
      return new Promise((resolve) => finished.set(id, resolve));
    },
    log: async (id) => {
      const lines: string[] = [];
      for await (const line of scene.store.logs.read('demo', id, { timestamps: false })) lines.push(line);
      return lines;
    },
  } as Scene;
  beforeEach(() => open(scene));
  afterEach(async () => {
    await scene.invoke.close(async () => undefined);
    await scene.db.close();
    await rm(scene.folder, { recursive: true });
  });
  return scene;
}

async function open(scene: Scene): Promise<void> {
  const onFailure = (error: unknown) => scene.failures.push(error);
  scene.folder = await mkdtemp(join(tmpdir(), 'invoke-'));
  scene.db = openDatabase(':memory:');
  const logs = createLogs(scene.folder, { now: () => 0, maxBytes: 1e6, onFailure });
  scene.store = createStore(scene.db, logs, scene.folder);
  scene.tasks = [];
  scene.failures = [];
  scene.clock = 1000;
  scene.awaited = new Set();
  scene.serves = undefined;
  scene.run = async (task) => {
    scene.tasks.push(task);
    return outcome();
  };
  scene.invoke = scene.start();
}

type Limits = Parameters<Scene['start']>[0];

function startInvoke(
  scene: Scene,
  finished: Map<string, (invocation: Invocation) => void>,
  limits: NonNullable<Limits>,
) {
  return createInvoke({
    store: scene.store,
    executor: { run: (...args: Parameters<Executor['run']>) => scene.run(...args) } as Executor,
    serving: async (name) => {
      const service = scene.serves ?? scene.store.services.get(name);
      if (!service) throw new SandboxError('unavailable', `The service ${name} is not ready.`);
      return service;
    },
    awaited: () => [...scene.awaited],
    runTimeout: 0,
    eventBody: (event) => Buffer.from(event.key),
    watcher: { started: () => undefined, finished: (invocation) => finished.get(invocation.id)?.(invocation) },
    ...limits,
    graceMs: 10,
    retryMs: 1,
    now: () => scene.clock++,
    onFailure: (error) => scene.failures.push(error),
  });
}

export const body = (text: string) => ({ bytes: Buffer.from(text) });

/** Waits, a turn of the event loop at a time, until something holds. */
export const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

/** An invocation that a daemon left behind when it was cut. */
export const cut = (known: Partial<Invocation> = {}): Invocation => ({
  id: 'demo-cut',
  service: 'demo',
  serviceVersion: 1,
  pinned: false,
  kind: 'job',
  state: 'Pending',
  attempt: 0,
  createdAt: 1,
  ...known,
});
