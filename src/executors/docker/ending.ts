import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import { isGone } from './gone.ts';

/** How a container ended. */
export interface Ending {
  exitCode: number;
  outOfMemory: boolean;
}

/** The streams end a moment before the container has. */
const MOMENT_MS = 10_000;

/** How a container whose streams have ended did so; undefined when it is gone; throws `unavailable` when it runs on. */
export async function endingOf(engine: Engine, id: string): Promise<Ending | undefined> {
  const over = new AbortController();
  try {
    const late = pause(MOMENT_MS, 'late' as const, { signal: over.signal, ref: false });
    if ((await Promise.race([engine.ended(id, 'not-running'), late])) === 'late') {
      throw new SandboxError('unavailable', 'The connection to the container engine was lost.');
    }
    const found = await engine.inspect(id);
    return found && { exitCode: found.exitCode, outOfMemory: found.outOfMemory };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  } finally {
    over.abort();
  }
}
