import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../../model/errors.ts';

const patienceMs = 60_000;
const lookMs = 50;

/**
 * Does MinIO know its buckets? It takes objects, and calls itself ready, a moment before: until then it tells nobody of
 * them, and notifications that are set may be lost.
 */
export async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/minio/health/cluster`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

/** Waits until MinIO is ready; answers its URL. `check` throws when there is nothing to wait for. */
export async function whenReady(url: string, check: () => Promise<void> = async () => undefined): Promise<string> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await pause(lookMs)) {
    if (await isReady(url)) return url;
    await check();
  }
  throw new SandboxError('unavailable', `MinIO is not ready at ${url} after ${patienceMs / 1000} s.`);
}
