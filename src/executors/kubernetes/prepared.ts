import { readFile } from 'node:fs/promises';
import { SandboxError } from '../../model/errors.ts';
import type { Answer, Task } from '../../model/task.ts';
import type { Ready } from '../runner.ts';
import type { StagedOut } from '../workspace/workspace.ts';
import { type Fed, feed } from './manifests/event.ts';
import { storedOutputs } from './manifests/outputs.ts';
import type { TaskRecord } from './manifests/record.ts';

/** What came of a task in its pod. */
export interface Ended {
  record: TaskRecord;
  answer: Answer;
  /** What the supervisor said, when it failed. */
  said: string;
}

/** A task that is ready to run in a pod, and later what came of it. */
export interface Prepared extends Ready {
  body: Buffer;
  fed: Fed;
  /** The job that it is. */
  job?: string;
  /** Keeps a line that it printed, for an answer that is cut short. */
  keep(line: string): void;
  end(ended: Ended): void;
}

const nothing: Answer = { form: 'output', content: { bytes: Buffer.alloc(0) } };
/** Of the lines of a task that is cut short, the last are told. */
const KEPT_LINES = 10_000;

/** Reads what a task is about. */
export async function prepare(task: Task): Promise<Prepared> {
  const { payload } = task;
  const body = 'bytes' in payload ? payload.bytes : await readFile(payload.file);
  const fed = feed(body);
  let lines: string[] = [];
  let ended: Ended | undefined;
  return {
    body,
    fed,
    idle: fed.idle,
    keep: (line) => {
      lines.push(line);
      if (lines.length >= 2 * KEPT_LINES) lines = lines.slice(-KEPT_LINES);
    },
    end: (told) => {
      ended = told;
    },
    stageOut: async () => (ended ? stagedOut(task, body, ended) : { answer: nothing, outputs: [], failures: [] }),
    abandon: () => ({ form: 'output', content: { bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')) } }),
    release: async () => undefined,
  };
}

function stagedOut(task: Task, body: Buffer, { record, answer, said }: Ended): StagedOut {
  const failed = record.exitCode === 0 && record.supervisorCode !== 0;
  return {
    answer,
    outputs: storedOutputs(task, body, record),
    failures: failed ? [`Its files were not all stored: ${lastOf(said, record)}`] : [],
  };
}

/** What a supervisor says at the end of a failure tells its cause. */
function lastOf(said: string, { supervisorCode }: TaskRecord): string {
  const last = said.trimEnd().split('\n').pop()?.trim() || `the supervisor ended with exit code ${supervisorCode}`;
  return /[.!?]$/.test(last) ? last : `${last}.`;
}

/** Throws `failed` when the script was never run though it should have been. */
export function demandRun({ record, said }: Pick<Ended, 'record' | 'said'>): void {
  if (record.exitCode !== undefined || record.supervisorCode === 0) return;
  throw new SandboxError('failed', `The supervisor did not come to run the script: ${lastOf(said, record)}`);
}
