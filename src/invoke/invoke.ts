import { setImmediate as immediate } from 'node:timers/promises';
import { asSandboxError, SandboxError } from '../model/errors.ts';
import { type Invocation, jobName } from '../model/invocation.ts';
import type { Service } from '../model/service.ts';
import type { Outcome, Payload, Task } from '../model/task.ts';
import { tellBehind } from './behind.ts';
import { forget } from './forget.ts';
import { createJobs } from './jobs.ts';
import type { Invoke, InvokeControl, InvokeParts, JobOptions } from './parts.ts';
import { createReplay } from './replay.ts';

/** Everything that runs services; `jobs` wakes the queue when rows were written behind its back. */
export function createInvoke(parts: InvokeParts): InvokeControl {
  const { store, now } = parts;
  const jobs = createJobs(parts);
  const background = new Set<Promise<void>>();

  // The caller of a run has its answer already: its record may take its time, but close() waits for it.
  const inBackground = (work: Promise<void>) => {
    const settled = work.catch(parts.onFailure);
    background.add(settled);
    void settled.finally(() => background.delete(settled));
  };
  const record = (invocation: Invocation, payload: Payload) => {
    const kept = 'bytes' in payload ? payload : undefined;
    inBackground(immediate().then(() => store.invocations.record(invocation, kept)));
  };

  const job = async (service: Service, payload: Payload, { id, owner, cameFrom }: JobOptions): Promise<Invocation> => {
    if (id && store.invocations.get(id)) throw new SandboxError('conflict', `There is already a job called ${id}.`);
    const invocation = { ...fresh(service, 'job', now()), id: id ?? jobName(service.name), owner, cameFrom };
    await store.invocations.add(invocation, payload);
    jobs.wake();
    return invocation;
  };

  const run: Invoke['run'] = async (declared, payload, { variables, owner, signal }) => {
    const service = await parts.serving(declared.name, ending(signal, parts.runTimeout));
    const started = { ...fresh(service, 'run', now()), state: 'Running' as const, attempt: 1, startedAt: now(), owner };
    parts.watcher.started(started);
    const task: Task = { id: started.id, service, kind: 'run', attempt: 1, payload, caller: owner, variables };
    const log = store.logs.open(service.name, started.id);
    tellBehind(service, store, log);
    const settle = (end: Pick<Outcome, 'state' | 'exitCode' | 'reason'>) => {
      const invocation = ended(started, end, now());
      if (end.reason) log.line(`[sandbox] ${end.reason}`);
      record(invocation, payload);
      parts.watcher.finished(invocation);
      return invocation;
    };
    try {
      const outcome = await parts.executor.run(task, log.line, signal);
      return { invocation: settle(outcome), outcome };
    } catch (error) {
      settle({ state: 'Failed', reason: asSandboxError(error).message });
      throw error;
    } finally {
      inBackground(log.close());
    }
  };

  const remove = async (ids: string[]) => {
    // First the rows: what is stopped frees a place, and none of these is to take it.
    await forget(store, ids);
    await Promise.all(ids.map(jobs.stop));
  };

  const calls = new Set<Promise<unknown>>();
  const counted: Invoke['run'] = (...call) => {
    const running = run(...call);
    calls.add(running);
    const done = () => void calls.delete(running);
    running.then(done, done);
    return running;
  };

  return {
    run: counted,
    job,
    replay: createReplay({ store, now, wake: jobs.wake }),
    remove,
    removeAll: async (service) => {
      await remove(store.invocations.idsOf(service));
      await store.logs.removeService(service);
    },
    wake: jobs.wake,
    close: async (kill) => {
      await jobs.close(kill);
      await Promise.allSettled(calls);
      await Promise.all(background);
    },
  };
}

/** Ends with the caller, or when a call may take no longer. */
const ending = (signal: AbortSignal, seconds: number): AbortSignal =>
  seconds > 0 ? AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]) : signal;

const fresh = (service: Service, kind: 'run' | 'job', at: number): Invocation => ({
  id: jobName(service.name),
  service: service.name,
  serviceVersion: service.version,
  pinned: false,
  kind,
  state: 'Pending',
  attempt: 0,
  createdAt: at,
});

const ended = (
  invocation: Invocation,
  { state, exitCode, reason }: Pick<Outcome, 'state' | 'exitCode' | 'reason'>,
  at: number,
): Invocation => ({
  ...invocation,
  state,
  exitCode,
  reason,
  finishedAt: at,
});
