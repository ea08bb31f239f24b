import type { ErrorCode } from './errors.ts';
import type { Service } from './service.ts';

/** Bytes on their way: small ones in memory, large ones in a file. Never both. */
export type Payload = { bytes: Buffer } | { file: string; size: number };

/** What an executor receives: the service as it was declared, and why it runs. */
export interface Task {
  /** The invocation's id; `run` with the id of a task that still runs attaches to it. */
  id: string;
  service: Service;
  kind: 'run' | 'job';
  attempt: number;
  /** The request's body, or the record of an object event. */
  payload: Payload;
  /** The object event behind the payload: its very object version is what the script reads. */
  eventId?: string;
  /** Who called the service, where that is known; what an object event started was called by no one. */
  caller?: string;
  /** Extra variables for the script (OSCAR: `Http_*` of a synchronous call). */
  variables: Record<string, string>;
}

/** What a synchronous caller gets: the script's output, its one file, or a zip of its files. */
export type Answer = { form: 'output' | 'file' | 'archive'; content: Payload };

/** How a task ended. A failing script is an outcome, not an error. */
export interface Outcome {
  state: 'Succeeded' | 'Failed';
  exitCode?: number;
  /** Why it failed, a sentence; absent when it succeeded. */
  reason?: string;
  /** What kind of failure it was, when not the script's own: `timeout`, or what this machine cannot give. */
  code?: ErrorCode;
  answer: Answer;
  /** What was written into buckets, `bucket/key`. */
  outputs: string[];
  startedAt: number;
  finishedAt: number;
  /** Frees what `answer` may still point to. Call it once, after the answer was sent. */
  release(): Promise<void>;
}

/** The length of a payload in bytes. */
export const payloadSize = (payload: Payload): number => ('bytes' in payload ? payload.bytes.length : payload.size);
