import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../model/errors.ts';

/** What is away at times: an engine, a cluster. */
export interface Away {
  /** Throws `unavailable` when it does not answer. */
  ping(): Promise<unknown>;
}

export interface PatienceParts {
  engine: Away;
  signal: AbortSignal;
  /** The engine is away. */
  onWait(): void;
}

const AGAIN_MS = 500;

/** Does what needs the engine; while that is away it waits, and then does it anew. Only for what can be done twice. */
export async function patiently<T>({ engine, signal, onWait }: PatienceParts, work: () => Promise<T>): Promise<T> {
  let waits = false;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error) || (await answers(engine))) throw error;
    }
    if (!waits) onWait();
    waits = true;
    do {
      // Whoever ends the waiting says why.
      await pause(AGAIN_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    } while (!(await answers(engine)));
  }
}

const isUnavailable = (error: unknown): boolean => error instanceof SandboxError && error.code === 'unavailable';

async function answers(engine: Away): Promise<boolean> {
  try {
    await engine.ping();
    return true;
  } catch (error) {
    if (isUnavailable(error)) return false;
    throw error;
  }
}
