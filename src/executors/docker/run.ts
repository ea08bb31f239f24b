import type { Offer } from '../needs.ts';
import { patiently } from '../patience.ts';
import { onPool, type RunnerOptions, type Underway } from '../runner.ts';
import type { Staging } from '../workspace/workspace.ts';
import { runAgain } from './adopt.ts';
import type { Ground } from './ground.ts';
import { createJobRun } from './job.ts';
import { insist, refused } from './needs.ts';
import type { JobRecord } from './records.ts';

export interface RunParts {
  ground: Ground;
  offer: Offer;
  /** Jobs that went on while this program was away, by the id of their task. */
  left: Map<string, JobRecord>;
}

/** How tasks begin and run: calls in warm workers, jobs in containers of their own. */
export function createRun({ ground, offer, left }: RunParts): Pick<RunnerOptions, 'begin' | 'execute'> {
  const { closing, engine, images, delivery, pool, workspace, stores } = ground;
  const parts = { ...ground, mount: stores.mount };
  const inCall = onPool(pool);
  const inJob = createJobRun(parts);
  /** Those of `left` that are waited for now. */
  const taken = new WeakMap<Staging, JobRecord>();

  const takeUp = ({ task, onLine }: Underway): Staging | undefined => {
    const record = task.kind === 'job' ? left.get(task.id) : undefined;
    if (!record) return undefined;
    left.delete(task.id);
    onLine('[sandbox] it went on while the sandbox was away');
    const staging = workspace.adopt(task, record, onLine);
    taken.set(staging, record);
    return staging;
  };
  const makeReady = async ({ task }: Underway): Promise<void> => {
    const { image } = await images.get(task.service.definition.image);
    insist(refused(task.service, offer, await delivery.find(image.id)));
  };
  const waiting = (underway: Underway): Promise<void> => {
    const { onLine, task } = underway;
    const signal = AbortSignal.any([underway.signal, closing.signal]);
    // A caller is told at once that the engine is away; a job has time.
    if (task.kind === 'run') return makeReady(underway);
    const onWait = () => onLine('[sandbox] waits for the container engine');
    return patiently({ engine, signal, onWait }, () => makeReady(underway));
  };

  return {
    begin: async (underway) => {
      const before = takeUp(underway);
      if (before) return before;
      await waiting(underway);
      return workspace.stageIn(underway.task, underway.onLine);
    },
    execute: (underway, staging) => {
      const record = taken.get(staging);
      if (record) return runAgain(parts, record, { underway, staging });
      return underway.task.kind === 'job' ? inJob(underway, staging) : inCall(underway, staging);
    },
  };
}
