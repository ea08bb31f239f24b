import type { Service } from '../model/service.ts';
import type { Outcome, Task } from '../model/task.ts';

/** Whether this machine can offer an executor, and if not, what the user should do about it. */
export type Probe = { ok: true; detail: string } | { ok: false; reason: string; hint: string };

export type DeploymentState = 'pending' | 'ready' | 'degraded' | 'failed' | 'stopped' | 'unavailable';

/** What is observed to run for one service. */
export interface Deployment {
  service: string;
  fingerprint: string;
  state: DeploymentState;
  /** Workers that are up. */
  instances: number;
  reason?: string;
  /** The newest lines of its workers, oldest first. */
  lines: string[];
  /** Where the instances of an exposed service answer, those that are ready: `http://127.0.0.1:32768`. */
  addresses?: string[];
}

/** A place where services run. Callers can't tell which of the three they hold. */
export interface Executor {
  /** Can this machine offer it, and if not, what should the user do about it? */
  probe(): Promise<Probe>;
  /** What is here now, whoever put it here. */
  observe(): Promise<Deployment[]>;
  /** Makes the service runnable; answers the sentences about what it cannot honour here. */
  deploy(service: Service, onProgress?: (line: string) => void): Promise<string[]>;
  withdraw(name: string): Promise<void>;
  /** Runs one task to its end. A failing script is an Outcome; only a broken executor throws. */
  run(task: Task, onLine: (line: string) => void, signal: AbortSignal): Promise<Outcome>;
}
