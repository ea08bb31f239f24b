import type { Service } from '../../model/service.ts';
import type { Task } from '../../model/task.ts';
import type { RunnerOptions, Underway } from '../runner.ts';
import { type CallParts, createCallRun } from './call.ts';
import { createJobRun, type JobParts } from './job.ts';
import { insist } from './needs.ts';
import type { KubernetesOptions } from './options.ts';
import { type Prepared, prepare } from './prepared.ts';

export interface RunParts extends CallParts, JobParts, Pick<KubernetesOptions, 'demandReadable'> {
  refused(service: Service): string | undefined;
  /** Sees to it that calls of a service find it. */
  stand(service: Service, signal: AbortSignal): Promise<void>;
}

/** The pod finds its object itself, with keys that may reach further than its caller does. */
async function demandReadable(task: Task, { fed }: Prepared, parts: RunParts): Promise<void> {
  if (!fed.object) return;
  const about = task.eventId ? { eventId: task.eventId } : { caller: task.caller };
  await parts.demandReadable?.({ ...fed.object, reader: task.service.name, ...about });
}

/** How tasks begin and run: calls through the cluster's gateway, jobs in pods of their own. */
export function createRun(parts: RunParts): Pick<RunnerOptions<Prepared>, 'begin' | 'execute'> {
  const call = createCallRun(parts);
  const job = createJobRun(parts);
  /** Who waits here is sent away when the sandbox stops. */
  const until = (underway: Underway): Underway => ({
    ...underway,
    signal: AbortSignal.any([underway.signal, parts.closing]),
  });
  return {
    begin: async (underway) => {
      const { task } = underway;
      insist(parts.refused(task.service));
      const prepared = await prepare(task);
      if (prepared.idle) return prepared;
      await demandReadable(task, prepared, parts);
      if (task.kind !== 'job') {
        await parts.stand(task.service, until(underway).signal);
        return prepared;
      }
      await job.begin(until(underway), prepared);
      // Once it is written down what came of it, nobody needs it there any more.
      const release = async () => {
        if (prepared.job && !parts.closing.aborted) parts.removal.jobSoon(prepared.job);
      };
      return Object.assign(prepared, { release });
    },
    execute: (underway, prepared) =>
      underway.task.kind === 'job' ? job.execute(until(underway), prepared) : call(until(underway), prepared),
  };
}
