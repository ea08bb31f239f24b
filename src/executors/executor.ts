import type { Deployment } from '../model/deployment.ts';
import type { Service } from '../model/service.ts';
import type { Outcome, Task } from '../model/task.ts';

export type { Deployment } from '../model/deployment.ts';

/** Whether this machine can offer an executor, and if not, what the user should do about it. */
export type Probe = { ok: true; detail: string } | { ok: false; reason: string; hint: string };

/** A place where services run. Callers can't tell which of the three they hold. */
export interface Executor {
  /** Can this machine offer it, and if not, what should the user do about it? */
  probe(): Promise<Probe>;
  /** What is here now, whoever put it here. */
  observe(): Promise<Deployment[]>;
  /**
   * Makes the service runnable; answers the sentences about what it cannot honour here. Of one that is stopped no server
   * runs; one that is to begin anew has new servers before the old ones go.
   */
  deploy(service: Service, onProgress?: (line: string) => void): Promise<string[]>;
  withdraw(name: string): Promise<void>;
  /** Runs one task to its end. A failing script is an Outcome; only a broken executor throws. */
  run(task: Task, onLine: (line: string) => void, signal: AbortSignal): Promise<Outcome>;
}
