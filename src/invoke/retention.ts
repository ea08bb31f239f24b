import type { Store } from '../store/store.ts';
import { forget } from './forget.ts';

export interface RetentionParts {
  store: Store;
  /** Finished invocations that are kept, of each service. */
  keepInvocations: number;
  /** Days after which a finished invocation is forgotten. OSCAR: a job's time to live is 30. */
  keepDays: number;
  now(): number;
}

const dayMs = 86_400_000;
const requestLines = 10_000;

/** Forgets the finished invocations that are too many or too old, with all that was kept for them. */
export async function retain({ store, keepInvocations, keepDays, now }: RetentionParts): Promise<number> {
  const oldest = now() - keepDays * dayMs;
  let forgotten = 0;
  for (const service of store.invocations.services()) {
    const finished = store.invocations.finished(service);
    const surplus = finished.length - keepInvocations;
    const ids = finished.filter(({ finishedAt }, index) => index < surplus || finishedAt < oldest).map(({ id }) => id);
    if (ids.length === 0) continue;
    await forget(store, ids);
    forgotten += ids.length;
  }
  await store.services.pruneVersions();
  await store.requests.prune(requestLines);
  await store.usage.fold(now());
  return forgotten;
}
