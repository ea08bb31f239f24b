import type { Outcome, Task } from '../model/task.ts';
import type { Executor } from './executor.ts';

interface Running {
  outcome: Promise<Outcome>;
  listeners: Set<(line: string) => void>;
  control: AbortController;
  /** Who has not released the outcome yet. */
  holders: number;
}

/** Makes `run` with the id of a task that still runs wait for that one, and hear its lines from now on. */
export function attachable(runTask: Executor['run']): Executor['run'] {
  const tasks = new Map<string, Running>();

  const begin = (task: Task, onLine: (line: string) => void): Running => {
    const listeners: Running['listeners'] = new Set([onLine]);
    const control = new AbortController();
    const tell = (line: string) => {
      for (const listener of listeners) listener(line);
    };
    const outcome = runTask(task, tell, control.signal).finally(() => tasks.delete(task.id));
    const running: Running = { outcome, listeners, control, holders: 0 };
    tasks.set(task.id, running);
    return running;
  };

  return async (task, onLine, signal) => {
    const running = tasks.get(task.id) ?? begin(task, onLine);
    running.holders += 1;
    running.listeners.add(onLine);
    const abort = () => running.control.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    try {
      const outcome = await running.outcome;
      const release = async () => {
        running.holders -= 1;
        if (running.holders === 0) await outcome.release();
      };
      return { ...outcome, release };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}
