import { setTimeout as delay } from 'node:timers/promises';
import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Invocation } from '../model/invocation.ts';
import type { Service } from '../model/service.ts';
import type { Outcome } from '../model/task.ts';
import type { LogWriter } from '../store/logs.ts';
import { tellBehind } from './behind.ts';
import { bodyOf } from './body.ts';
import { createDelegation } from './delegation.ts';
import type { InvokeParts } from './parts.ts';
import { createQueue, type Queue, type QueueOptions } from './queue.ts';

/** How often a job is tried when the executor, not the script, is what broke. */
const attempts = 3;

export type Jobs = Omit<Queue, 'close'> & { close(kill: () => Promise<void>): Promise<void> };

/** The queue of jobs, each taken from `Pending` to its one final state. */
export function createJobs(parts: InvokeParts): Jobs {
  const { store, watcher, now, onFailure } = parts;
  const closing = new AbortController();

  const execute: QueueOptions['execute'] = async (waiting, signal, onRan) => {
    if (!store.invocations.get(waiting.id)) return;
    if (await delegation?.gone(waiting, AbortSignal.any([signal, closing.signal]))) return;
    const service = await serviceFor(waiting, parts, signal);
    const change = { at: now(), serviceVersion: service instanceof SandboxError ? undefined : service.version };
    const invocation = await store.invocations.move(waiting.id, 'start', change);
    watcher.started(invocation);
    const log = store.logs.open(invocation.service, invocation.id);
    if (invocation.attempt > 1) log.line(`[sandbox] attempt ${invocation.attempt}`);
    if (!(service instanceof SandboxError) && !waiting.pinned) tellBehind(service, store, log);
    const ending = await attempt({ invocation, service, log, signal, parts });
    onRan();
    // What our own end cut short has no exit code: it belongs to the next start.
    const cut = closing.signal.aborted && ending.by !== 'succeed' && ending.exitCode === undefined;
    const end: End = cut ? { by: 'retry', release: ending.release } : ending;
    if (end.reason) log.line(`[sandbox] ${end.reason}`);
    await log.close();
    const release = () => end.release?.().catch(onFailure);
    if (end.by === 'retry') {
      await release();
      await rest(invocation, parts, AbortSignal.any([signal, closing.signal]));
    }
    const final = await settle(invocation.id, end);
    // Only now: what is cut in between is not to find a job that has to run once more.
    if (end.by !== 'retry') await release();
    // Removed while it ran: what it printed since goes too.
    if (!final && !store.invocations.get(invocation.id)) {
      await store.logs.remove(invocation.service, invocation.id);
      watcher.finished({ ...invocation, state: 'Failed', reason: 'It was deleted.', finishedAt: now() });
    }
    if (final && end.by !== 'retry') watcher.finished(final);
  };

  /** Writes down how a job ended, as soon as that can be written; nothing when it was removed meanwhile. */
  const settle = async (id: string, { by, exitCode, reason }: End): Promise<Invocation | undefined> => {
    for (let pause = 100; store.invocations.get(id); pause = Math.min(pause * 2, 5_000)) {
      try {
        return await store.invocations.move(id, by, { at: now(), exitCode, reason });
      } catch (error) {
        onFailure(error);
        // The next start runs it again.
        if (closing.signal.aborted) return undefined;
        await pauseFor(pause, closing.signal);
      }
    }
    return undefined;
  };

  const chosen = delegates(parts) ? parts.delegation : undefined;
  const delegation = chosen && createDelegation({ ...parts, delegation: chosen }, () => queue);
  const queue: Queue = createQueue({
    ...parts,
    invocations: store.invocations,
    execute,
    onFilled: delegation?.look,
  });
  recover(parts);
  queue.wake();
  return {
    ...queue,
    close: async (kill) => {
      closing.abort();
      delegation?.close();
      const ended = queue.close();
      await Promise.race([ended, delay(parts.graceMs, undefined, { ref: false })]);
      await kill();
      await ended;
    },
  };
}

/** Are jobs sent to other clusters, or have any been of which it is not known yet what became of them? */
const delegates = ({ delegation, store }: InvokeParts): boolean =>
  delegation !== undefined && (delegation.atOnce || delegation.late || store.invocations.undecided().length > 0);

/** What was running when the last daemon ended goes back into the line; a caller who waited is gone. */
function recover({ store, now, onFailure }: InvokeParts): void {
  for (const cut of store.invocations.unfinished()) {
    if (cut.state === 'Running') void store.invocations.move(cut.id, 'retry', { at: now() }).catch(onFailure);
  }
}

/** The version that a job runs: its own when pinned, else the one that serves now; or why there is none. */
async function serviceFor(
  job: Invocation,
  { store, serving }: InvokeParts,
  signal: AbortSignal,
): Promise<Service | SandboxError> {
  const gone = new SandboxError('not-found', `The service ${job.service} is not declared any more.`);
  if (job.pinned) return store.services.version(job.service, job.serviceVersion) ?? gone;
  if (!store.services.get(job.service)) return gone;
  return serving(job.service, signal).catch(asSandboxError);
}

/** Waits before the next attempt, longer each time; a job that is removed waits no more. */
const rest = ({ attempt }: Invocation, { retryMs }: InvokeParts, signal: AbortSignal): Promise<void> =>
  pauseFor(retryMs * 4 ** (attempt - 1), signal);

/** Waits, but no longer than until the signal. */
const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal, ref: false }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });

interface Attempt {
  invocation: Invocation;
  service: Service | SandboxError;
  log: LogWriter;
  signal: AbortSignal;
  parts: InvokeParts;
}

interface End {
  by: 'succeed' | 'fail' | 'retry';
  exitCode?: number;
  reason?: string;
  release?(): Promise<void>;
}

async function attempt({ invocation, service, log, signal, parts }: Attempt): Promise<End> {
  if (service instanceof SandboxError) return { by: 'fail', reason: service.message };
  const { id, eventId, owner: caller, attempt: count } = invocation;
  const payload = bodyOf(invocation, parts);
  if (!payload) return { by: 'fail', reason: 'The body of this job is no longer kept.' };
  try {
    const task = { id, service, kind: 'job' as const, attempt: count, payload, eventId, caller, variables: {} };
    return finish(await parts.executor.run(task, log.line, signal));
  } catch (error) {
    parts.onFailure(error);
    const reason = error instanceof SandboxError ? error.message : `The executor failed: ${String(error)}`;
    if (count >= attempts) return { by: 'fail', reason };
    return { by: 'retry', reason: `${reason} It is tried again.` };
  }
}

const finish = ({ state, exitCode, reason, release }: Outcome): End => ({
  by: state === 'Succeeded' ? 'succeed' : 'fail',
  exitCode,
  reason,
  release,
});
