import type { Executor } from '../executors/executor.ts';
import type { ObjectEvent } from '../model/event.ts';
import type { Delegate } from '../model/federation.ts';
import type { Invocation } from '../model/invocation.ts';
import type { Service } from '../model/service.ts';
import type { Outcome, Payload } from '../model/task.ts';
import type { Store } from '../store/store.ts';

export interface RunOptions {
  /** Extra variables for the script, `Http_*`. */
  variables: Record<string, string>;
  owner?: string;
  signal: AbortSignal;
}

export interface JobOptions {
  /** OSCAR: a delegating cluster names the job. */
  id?: string;
  owner?: string;
  /** The cluster that delegated it. */
  cameFrom?: string | undefined;
}

/** Which jobs go to other clusters, of services that have members there. */
export interface DelegationOptions {
  delegate: Delegate;
  /** Those that find no free place here, or ask for more than this machine has. */
  atOnce: boolean;
  /** Those that have waited for longer than their service says. */
  late: boolean;
  /** How long a service rests of which nobody took a job. */
  restMs: number;
}

/** One request becomes one outcome. */
export interface Invoke {
  /** Runs the service now and waits; the invocation is kept for logs and replay. */
  run(service: Service, payload: Payload, options: RunOptions): Promise<{ invocation: Invocation; outcome: Outcome }>;
  /** Queues a job; it survives anything once this resolves. */
  job(service: Service, payload: Payload, options: JobOptions): Promise<Invocation>;
  /** Runs a finished invocation again: on the service as it was then, or as it is today. */
  replay(id: string, version: 'then' | 'today'): Promise<Invocation>;
  /** Ends them if they still wait or run, and forgets them with their logs. */
  remove(ids: string[]): Promise<void>;
}

/** What only the daemon does with it. */
export interface InvokeControl extends Invoke {
  /** Jobs were queued behind its back (by object events). */
  wake(): void;
  /** Ends and forgets every invocation of a service. */
  removeAll(service: string): Promise<void>;
  /** Gives what runs a moment, then `kill`s it: cut jobs go back into the queue for the next start. */
  close(kill: () => Promise<void>): Promise<void>;
}

/** What happens while invocations run, told as it happens. */
export interface Watcher {
  started(invocation: Invocation): void;
  finished(invocation: Invocation): void;
}

export interface InvokeParts {
  store: Store;
  executor: Executor;
  /** The version that serves now: the newest one that could be deployed; waits for the first one. Throws when there is none. */
  serving(name: string, signal: AbortSignal): Promise<Service>;
  /** Services that cannot serve yet, since what they need takes long to come: their jobs wait. */
  awaited(): string[];
  /** The body that an object event has for a script. */
  eventBody(event: ObjectEvent): Buffer;
  watcher: Watcher;
  concurrency: number;
  serviceConcurrency: number;
  /** Seconds after which a synchronous call is ended; 0 is never. */
  runTimeout: number;
  /** How long running jobs may take to end when the sandbox stops. */
  graceMs: number;
  /** How long a job rests after the executor broke, the first time; four times as long each time after. */
  retryMs: number;
  /** Absent where there are no other clusters. */
  delegation?: DelegationOptions | undefined;
  now(): number;
  onFailure(error: unknown): void;
}
