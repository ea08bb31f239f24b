import { constants } from 'node:os';
import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Outcome, Task } from '../model/task.ts';
import type { ScriptEnd } from './crew.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { Executor } from './executor.ts';
import type { Pool } from './pool.ts';
import type { StagedOut, Staging } from './workspace/workspace.ts';

/** A task on its way: what hears of it, and what ends it before its time. */
export interface Underway {
  task: Task;
  onLine(line: string): void;
  signal: AbortSignal;
}

/** What is known of a task that is ready to run. */
export type Ready = Pick<Staging, 'idle' | 'stageOut' | 'abandon' | 'release'>;

export interface RunnerOptions<R extends Ready = Staging> {
  /** Gets a task ready to run; throws a SandboxError when the place, or its input, cannot be had. */
  begin(underway: Underway): Promise<R>;
  /** Runs the script; rejects with `failed` when what ran it died, with `timeout` when that ended it for being late. */
  execute(underway: Underway, staging: R): Promise<ScriptEnd>;
  /** Seconds after which a task is ended; 0 is never. */
  timeoutSeconds: Record<Task['kind'], number>;
  /** What exit code 127 means here: `it calls a program that this machine does not have`. */
  notFound: string;
  now(): number;
}

/** Runs tasks on the pool's workers. */
export const onPool =
  (pool: Pool): RunnerOptions['execute'] =>
  async ({ task, signal }, staging) => {
    const { worker, release } = await pool.acquire(task.service, task.kind, signal);
    try {
      return await worker.run(staging, signal);
    } finally {
      release();
    }
  };

/** How the script ended: with an exit code, or cut short for a reason. */
type End = ScriptEnd | { reason: string; code?: 'timeout' };
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

/** A shell tells of a signal by an exit code; a script may have ended with that code by itself. */
function told(exitCode: number, notFound: string): string {
  if (exitCode === 127) return `127: ${notFound}`;
  const [signal] = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128) ?? [];
  return signal ? `${exitCode} (${signal})` : String(exitCode);
}

interface Verdict {
  end: ScriptEnd;
  failures: string[];
  task: Task;
  notFound: string;
}

/** Why a task failed whose script came to its end, in sentences; undefined when it did not fail. */
function verdict({ end, failures, task, notFound }: Verdict): string | undefined {
  const script = end.oom
    ? [`Out of memory: the limit is ${task.service.definition.memory}.`]
    : end.exitCode !== 0
      ? [`The script ended with exit code ${told(end.exitCode, notFound)}.`]
      : [];
  return [...script, ...failures].join(' ') || undefined;
}

async function finish(end: End, staging: Ready, task: Task, notFound: string): Promise<Result> {
  const { release } = staging;
  if ('reason' in end) {
    return { state: 'Failed', ...end, answer: staging.abandon(), outputs: [], release };
  }
  const { exitCode } = end;
  const { answer, outputs, failures } = await staging
    .stageOut(exitCode)
    .catch(
      (error: unknown): StagedOut => ({ answer: nothing, outputs: [], failures: [asSandboxError(error).message] }),
    );
  const reason = verdict({ end, failures, task, notFound });
  return { state: reason ? 'Failed' : 'Succeeded', exitCode, ...(reason ? { reason } : {}), answer, outputs, release };
}

/** Runs tasks: stage in, run, stage out. What goes wrong with a task is its outcome. */
export function createRunner<R extends Ready>({
  begin,
  execute,
  timeoutSeconds,
  notFound,
  now,
}: RunnerOptions<R>): Executor['run'] {
  const executed = async (underway: Underway, staging: R, deadline: Deadline): Promise<End> => {
    try {
      return await execute(underway, staging);
    } catch (error) {
      const reason = deadline.reason();
      if (reason) return { reason };
      if (error instanceof SandboxError && error.code === 'failed') return { reason: error.message };
      if (error instanceof SandboxError && error.code === 'timeout') return { reason: error.message, code: 'timeout' };
      throw error;
    }
  };

  const staged = async (underway: Underway, staging: R, deadline: Deadline): Promise<Result> => {
    if (staging.idle) return { state: 'Succeeded', answer: nothing, outputs: [], release: staging.release };
    try {
      const end = await executed(underway, staging, deadline);
      return await finish(end, staging, underway.task, notFound);
    } catch (error) {
      await staging.release();
      throw error;
    }
  };

  const begun = async (underway: Underway, deadline: Deadline): Promise<R | Result> => {
    try {
      return await begin(underway);
    } catch (error) {
      const reason = deadline.reason();
      if (reason) return failed(new SandboxError('failed', reason));
      if (!(error instanceof SandboxError)) throw error;
      return failed(error);
    }
  };

  return async (task, onLine, signal) => {
    const startedAt = now();
    const deadline = createDeadline(signal, timeoutSeconds[task.kind]);
    const underway: Underway = { task, onLine, signal: deadline.signal };
    try {
      const staging = await begun(underway, deadline);
      const result = 'idle' in staging ? await staged(underway, staging, deadline) : staging;
      const late = result.exitCode === undefined && deadline.isOver();
      return { ...result, ...(late ? { code: 'timeout' } : {}), startedAt, finishedAt: now() };
    } finally {
      deadline.clear();
    }
  };
}
