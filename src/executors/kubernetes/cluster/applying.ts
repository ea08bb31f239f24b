import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, Manifest } from '../../../engine/cluster.ts';

/** How much is sent at once. */
const width = 8;
const againMs = 500;

export interface Patience {
  /** Is this a failure that passes, as of a webhook that does not serve yet? */
  passes(error: unknown): boolean;
  forMs: number;
  now(): number;
}

/** Hands over all manifests, several at once; what fails in passing is tried again for a while. */
export async function applyAll(
  cluster: Cluster,
  manifests: readonly Manifest[],
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...manifests];
  const until = patience.now() + patience.forMs;
  const one = async (manifest: Manifest): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      try {
        await cluster.apply(manifest);
        return;
      } catch (error) {
        if (!patience.passes(error) || patience.now() > until) throw error;
        await pause(againMs, undefined, { signal });
      }
    }
  };
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
