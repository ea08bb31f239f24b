import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';

const AGAIN_MS = 500;

/** Ends a container; where the engine fails to, it is tried again until the signal, and then throws why. */
export async function killUntil(engine: Engine, id: string, until: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await engine.kill(id);
    } catch (error) {
      if (until.aborted) throw error;
      await pause(AGAIN_MS, undefined, { signal: until, ref: false }).catch(() => undefined);
    }
  }
}
