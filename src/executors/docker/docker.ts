import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { VolumeKeeper } from '../../model/volume.ts';
import { attachable } from '../attach.ts';
import type { Executor, Probe } from '../executor.ts';
import { createRunner } from '../runner.ts';
import { takeUp } from './adopt.ts';
import { createDeployments } from './deployments.ts';
import { createGround, type Ground } from './ground.ts';
import { offerOf } from './needs.ts';
import { listen } from './news.ts';
import type { DockerOptions } from './options.ts';
import type { JobRecord } from './records.ts';
import { createRun } from './run.ts';
import { sweepContainers, sweepPlaces } from './sweep.ts';

export type { DockerOptions } from './options.ts';

export interface DockerExecutor extends Executor {
  /** Which engine it is, and how it was found. */
  detail: string;
  volumes: VolumeKeeper;
  /** Ends all that runs, and leaves nothing of it on the engine. */
  close(): Promise<void>;
}

/** The executor for a container engine: services run in containers of their own images. */
export async function createDocker(options: DockerOptions): Promise<DockerExecutor> {
  const { engine, folder, log, now } = options;
  const detail = `${engine.info.product} ${engine.info.version} at ${engine.info.address} (${engine.info.foundBy})`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const ground = createGround(options);
  const left = await clearUp(ground, options);
  const offer = offerOf(engine.info);
  const { deployed, during, recent, renew, serving, mend, ...verbs } = createDeployments({
    ground,
    offer,
    left,
    log,
    now,
  });
  const runTask = createRunner({
    ...createRun({ ground, offer, left }),
    timeoutSeconds: { run: options.runTimeoutSeconds, job: options.jobTimeoutSeconds },
    notFound: 'it calls a program that its image does not have',
    now,
  });
  const stopListening = listen({
    ...options,
    ground,
    deployed: () => deployed.values(),
    serving,
    onImage: renew,
    mend,
  });

  let closing: Promise<void> | undefined;
  return {
    detail,
    probe: () => probe(engine, detail),
    ...verbs,
    volumes: {
      ...ground.stores.keeper,
      release: async (volume, service) => {
        if (service !== undefined) await verbs.withdraw(service);
        await ground.stores.keeper.release(volume);
      },
    },
    run: attachable((task, onLine, signal) => {
      const onBoth = (line: string) => {
        // A job's lines are in its own log alone.
        if (task.kind === 'run') recent.add(task.service.name, line);
        onLine(line);
      };
      return during(task.service.name, () => runTask(task, onBoth, signal));
    }),
    close: () => {
      stopListening();
      closing ??= closeAll(ground, log);
      return closing;
    },
  };
}

/** Takes up the jobs that went on, and clears away all else that a run of the program before this one left. */
async function clearUp(
  ground: Ground,
  { folder, isWanted, declared, log }: DockerOptions,
): Promise<Map<string, JobRecord>> {
  const left = await takeUp({ ...ground, tasks: join(folder, 'tasks'), isWanted, log });
  await ground.workspace.sweep();
  await sweepPlaces(ground.places, left);
  // Nothing is mounted yet; a large bucket keeps nobody from beginning.
  ground.errands.add(ground.stores.recover(declared()));
  return new Map(left.map((record) => [record.task, record]));
}

async function probe(engine: Engine, detail: string): Promise<Probe> {
  try {
    await engine.ping();
    return { ok: true, detail: `services run in containers of ${detail}` };
  } catch (error) {
    const { message, hint = 'Start the container engine.' } = asSandboxError(error);
    return { ok: false, reason: message, hint };
  }
}

/** Nothing stays. What is on an engine that is away by now is cleared by the next start. */
async function closeAll(ground: Ground, log: DockerOptions['log']): Promise<void> {
  const { engine, marks, pool, shelf, holders, workspace, errands, network, places, exposed, stores } = ground;
  ground.closing.abort(new SandboxError('unavailable', 'The sandbox is stopping.'));
  const stopped = shelf.close();
  const steps = [
    pool.close,
    // Jobs that run end with their containers.
    () => sweepContainers(engine, marks),
    () => stopped,
    exposed.close,
    holders.close,
    errands.done,
    () => sweepContainers(engine, marks),
    stores.close,
    network.remove,
    workspace.close,
    () => sweepPlaces(places, []),
  ];
  for (const step of steps) {
    await step().catch((error: unknown) => log.warn('something was left on the engine', { error: String(error) }));
  }
}
