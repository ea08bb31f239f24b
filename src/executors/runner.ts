import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Outcome, Task } from '../model/task.ts';
import type { Worker } from './crew.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { Executor } from './executor.ts';
import type { Pool } from './pool.ts';
import type { StagedOut, Staging, Workspace } from './workspace/workspace.ts';

export interface RunnerOptions {
  pool: Pool;
  workspace: Workspace;
  /** Throws what the place cannot give to a task. */
  insist(task: Task): void;
  /** Seconds after which a task is ended; 0 is never. */
  timeoutSeconds: Record<Task['kind'], number>;
  now(): number;
}

/** How the script ended: with an exit code, or cut short for a reason. */
type End = { exitCode: number; oom: boolean } | { reason: string };
type Result = Omit<Outcome, 'startedAt' | 'finishedAt'>;

const nothing = { form: 'output' as const, content: { bytes: Buffer.alloc(0) } };

const failed = ({ message, code }: SandboxError): Result => ({
  state: 'Failed',
  reason: message,
  code,
  answer: nothing,
  outputs: [],
  release: async () => undefined,
});

async function runOn(worker: Worker, staging: Staging, deadline: Deadline): Promise<End> {
  const before = worker.oomKills();
  const killed = () => worker.oomKills() > before;
  const { folder, onOutput } = staging;
  try {
    const exitCode = await worker.agent.run({ folder, onOutput, signal: deadline.signal });
    // A script can go on without what was killed; a container could not.
    return killed() ? { exitCode: exitCode || 137, oom: true } : { exitCode, oom: false };
  } catch (error) {
    const { code, message } = asSandboxError(error);
    if (code !== 'failed') throw error;
    return killed() ? { exitCode: 137, oom: true } : { reason: deadline.reason() ?? message };
  }
}

// What a shell means by 127; the image that would bring the program is not used here.
const notFound = ': it calls a program that this machine does not have';

/** Why a task failed whose script came to its end, in sentences; undefined when it did not fail. */
function verdict({ exitCode, oom }: Extract<End, { exitCode: number }>, failures: string[], task: Task) {
  const script = oom
    ? [`Out of memory: the limit is ${task.service.definition.memory}.`]
    : exitCode !== 0
      ? [`The script ended with exit code ${exitCode}${exitCode === 127 ? notFound : ''}.`]
      : [];
  return [...script, ...failures].join(' ') || undefined;
}

async function finish(end: End, staging: Staging, task: Task): Promise<Result> {
  const { release } = staging;
  if ('reason' in end) {
    return { state: 'Failed', reason: end.reason, answer: staging.abandon(), outputs: [], release };
  }
  const { exitCode } = end;
  const { answer, outputs, failures } = await staging
    .stageOut(exitCode)
    .catch(
      (error: unknown): StagedOut => ({ answer: nothing, outputs: [], failures: [asSandboxError(error).message] }),
    );
  const reason = verdict(end, failures, task);
  return { state: reason ? 'Failed' : 'Succeeded', exitCode, ...(reason ? { reason } : {}), answer, outputs, release };
}

/** Runs tasks on a pool's workers: stage in, run, stage out. What goes wrong with a task is its outcome. */
export function createRunner({ pool, workspace, insist, timeoutSeconds, now }: RunnerOptions): Executor['run'] {
  const onWorker = async (task: Task, staging: Staging, deadline: Deadline): Promise<End> => {
    const lease = await pool.acquire(task.service, task.kind, deadline.signal).catch((error: unknown) => {
      const reason = deadline.reason();
      if (reason) return { reason };
      throw error;
    });
    if ('reason' in lease) return lease;
    try {
      return await runOn(lease.worker, staging, deadline);
    } finally {
      lease.release();
    }
  };

  const staged = async (task: Task, staging: Staging, deadline: Deadline): Promise<Result> => {
    if (staging.idle) return { state: 'Succeeded', answer: nothing, outputs: [], release: staging.release };
    try {
      return await finish(await onWorker(task, staging, deadline), staging, task);
    } catch (error) {
      await staging.release();
      throw error;
    }
  };

  const stageIn = async (task: Task, onLine: (line: string) => void): Promise<Staging | Result> => {
    try {
      insist(task);
      return await workspace.stageIn(task, onLine);
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      return failed(error);
    }
  };

  return async (task, onLine, signal) => {
    const startedAt = now();
    const deadline = createDeadline(signal, timeoutSeconds[task.kind]);
    try {
      const staging = await stageIn(task, onLine);
      const result = 'idle' in staging ? await staged(task, staging, deadline) : staging;
      const late = result.exitCode === undefined && deadline.isOver();
      return { ...result, ...(late ? { code: 'timeout' } : {}), startedAt, finishedAt: now() };
    } finally {
      deadline.clear();
    }
  };
}
