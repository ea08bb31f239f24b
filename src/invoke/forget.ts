import { rm } from 'node:fs/promises';
import type { Store } from '../store/store.ts';

/** How many are forgotten in one transaction: others wait for it. */
const slice = 200;

/** Removes invocations with their logs and whatever else was kept for them. */
export async function forget({ invocations, logs }: Store, ids: string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += slice) {
    const some = ids.slice(from, from + slice);
    const gone = some.map((id) => invocations.get(id)).filter((invocation) => invocation !== undefined);
    const files = await invocations.remove(some);
    for (const { service, id } of gone) await logs.remove(service, id);
    for (const file of files) await rm(file, { force: true });
  }
}
