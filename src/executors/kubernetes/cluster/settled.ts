import type { Cluster, Where } from '../../../engine/cluster.ts';
import { SandboxError } from '../../../model/errors.ts';
import type { Look } from './conditions.ts';

/** Objects that are waited for. */
export interface Awaited extends Where {
  /** For people: `Knative`. */
  what: string;
  /** They have to be there; without any, all that are there when it begins, and one at least. */
  names?: readonly string[];
  look: Look;
  timeoutMs: number;
  /** Why it takes so long, each time that changes. */
  onMissing?(why: string): void;
}

/** Waits, by a watch, until all these objects are as they should be; throws `timeout` with what is still missing. */
export async function settled(cluster: Cluster, awaited: Awaited, signal: AbortSignal): Promise<void> {
  const { what, timeoutMs, names, look, onMissing = () => undefined, ...where } = awaited;
  const seen = new Map<string, string | undefined>();
  const missing = () => sentenceOf(seen, names);
  const done = new AbortController();
  const late = AbortSignal.timeout(timeoutMs);
  const all = AbortSignal.any([signal, late, done.signal]);
  let listed = false;
  let told = '';
  const examine = () => {
    if (!listed) return;
    const why = missing();
    if (why === undefined) done.abort();
    else if (why !== told) onMissing(why);
    told = why ?? '';
  };
  await cluster.watch(
    where,
    {
      change: ({ kind, object }) => {
        if (kind === 'gone') seen.delete(object.metadata.name);
        else seen.set(object.metadata.name, look(object));
        examine();
      },
      synced: () => {
        listed = true;
        examine();
      },
    },
    all,
  );
  signal.throwIfAborted();
  if (done.signal.aborted) return;
  throw new SandboxError('timeout', `${what} is not ready after ${timeoutMs / 1000} s: ${missing()}.`, {
    hint: 'Pods that wait tell why in `oscar-sandbox status`; often an image cannot be had, or the machine is too small.',
  });
}

/** Undefined when nothing is missing any more. */
function sentenceOf(seen: ReadonlyMap<string, string | undefined>, names?: readonly string[]): string | undefined {
  if (seen.size === 0) return 'nothing of it is there';
  const absent = names?.find((name) => !seen.has(name));
  if (absent) return `${absent} is not there`;
  for (const [name, why] of seen) if (why !== undefined && (names?.includes(name) ?? true)) return `${name}: ${why}`;
  return undefined;
}
