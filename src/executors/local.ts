import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Log } from '../log.ts';
import { isExposed, type Service } from '../model/service.ts';
import type { Buckets } from '../objects/buckets.ts';
import type { OpenElsewhere } from '../objects/elsewhere.ts';
import { attachable } from './attach.ts';
import type { After } from './crew.ts';
import type { Deployment, Executor, Probe } from './executor.ts';
import { createKeeping } from './keeping.ts';
import type { Fence, Size } from './limits/enclosure.ts';
import { findLimits } from './limits/limits.ts';
import { insist, localOffer, NOT_EXPOSED, type Offer, refusal, sizeOf, warnings } from './needs.ts';
import { createPool, type Pool } from './pool.ts';
import { createRunner, onPool } from './runner.ts';
import { prepareFolder, startWorker } from './worker.ts';
import { createWorkspace } from './workspace/workspace.ts';

export interface LocalOptions {
  buckets: Buckets;
  /** The way to the stores that services name themselves. */
  elsewhere: OpenElsewhere;
  /** Its own folder: what is in it is removed at the start. */
  folder: string;
  /** Tells the limits of this program from those of another one on this machine. */
  id: string;
  /** All that scripts see of the environment: PATH, HOME, LANG, TMPDIR, USER. */
  shellEnvironment: Record<string, string>;
  /** Seconds after which a call, or a job, is ended; 0 is never. */
  runTimeoutSeconds: number;
  jobTimeoutSeconds: number;
  log: Log;
  now(): number;
  /** How many calls of one service run at once when it sets no `max_scale`. */
  total?: number;
  idleMs?: number;
  after?: After;
  /** What the machine has, if not what it says. */
  machine?: Size;
  /** How workers are limited, if not in the best way found. */
  fence?: Fence;
}

export interface Local extends Executor {
  /** How limits are enforced here, or why they are not. */
  detail: string;
  /** Ends every worker and what it runs. */
  close(): Promise<void>;
}

const SHELL = '/bin/sh';

const afterTimeout: After = (ms, then) => {
  const timer = setTimeout(then, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

const thisMachine = (): Size => ({
  memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  cpu: availableParallelism(),
});

/** A service is ready, or this place cannot give what it needs. */
function stateOf(service: Service, machine: Offer): Pick<Deployment, 'state' | 'reason'> {
  const reason = refusal(service, machine) ?? (isExposed(service.definition) ? NOT_EXPOSED : undefined);
  return reason ? { state: 'unavailable', reason } : { state: 'ready' };
}

async function probe(detail: string): Promise<Probe> {
  if (existsSync(SHELL)) return { ok: true, detail: `scripts run in warm shells on this machine; ${detail}` };
  return { ok: false, reason: `There is no ${SHELL} on this machine.`, hint: 'On Windows, use it inside WSL.' };
}

/** The pool of shells, each with limits of its own. */
function createShells(options: LocalOptions, fence: Fence): Pool {
  const { folder, shellEnvironment: environment, log } = options;
  const agentFile = prepareFolder(folder);
  let count = 0;
  return createPool({
    start: async ({ definition }) => {
      count += 1;
      const enclosure = fence.enclose(`w${count}`, sizeOf(definition));
      return startWorker({ agentFile, folder, environment, enclosure });
    },
    shapeOf: ({ definition }) => `${definition.memory} ${definition.cpu}`,
    total: options.total ?? 2 * availableParallelism() + 8,
    idleMs: options.idleMs ?? 60_000,
    after: options.after ?? afterTimeout,
    onFailure: (error) => log.error('a worker failed', { error: String(error) }),
  });
}

/** Runs tasks on the pool, in folders of their own below the executor's. */
async function createRun(options: LocalOptions, pool: Pool, machine: Offer) {
  const { buckets, elsewhere, folder, log, runTimeoutSeconds, jobTimeoutSeconds, now } = options;
  const workspace = createWorkspace({
    buckets,
    elsewhere,
    folder,
    access: () => 'owner',
    inside: (path) => path,
    links: 'anywhere',
    log,
  });
  await workspace.sweep();
  const run = createRunner({
    begin: async ({ task, onLine }) => {
      insist(task.service, machine);
      return workspace.stageIn(task, onLine);
    },
    execute: onPool(pool),
    timeoutSeconds: { run: runTimeoutSeconds, job: jobTimeoutSeconds },
    notFound: 'it calls a program that this machine does not have',
    now,
  });
  return { run, workspace };
}

/** The executor that needs nothing: scripts run in warm shells of this machine, images are ignored. */
export async function createLocal(options: LocalOptions): Promise<Local> {
  const { id, shellEnvironment: environment, log } = options;
  const machine = localOffer(options.machine ?? thisMachine());
  const fence = options.fence ?? (await findLimits({ id, environment, mount: '/sys/fs/cgroup' }));
  log.info('the local executor is ready', { limits: fence.detail });

  const pool = createShells(options, fence);
  const { run, workspace } = await createRun(options, pool, machine);
  const { deployed, recent, withdraw, during } = createKeeping(
    (name) => Promise.all([pool.stop(name), workspace.forget(name)]),
    options,
  );
  const deploy = async (service: Service): Promise<string[]> => {
    if (refusal(service, machine)) await pool.stop(service.name);
    else await pool.prepare(service);
    deployed.set(service.name, service);
    return warnings(service, machine);
  };

  return {
    detail: fence.detail,
    probe: () => probe(fence.detail),
    observe: async () =>
      [...deployed.values()].map((service) => ({
        service: service.name,
        fingerprint: service.fingerprint,
        ...stateOf(service, machine),
        instances: pool.count(service.name),
        lines: recent.lines(service.name),
      })),
    deploy: (service) => during(service.name, () => deploy(service)),
    withdraw,
    run: attachable((task, onLine, signal) => {
      const onBoth = (line: string) => {
        // A job's lines are in its own log alone.
        if (task.kind === 'run') recent.add(task.service.name, line);
        onLine(line);
      };
      return during(task.service.name, () => run(task, onBoth, signal));
    }),
    close: async () => {
      await pool.close();
      await workspace.close();
      await fence.close();
    },
  };
}
