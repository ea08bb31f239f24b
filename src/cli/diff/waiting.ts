import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../../api/client.ts';
import type { InvocationView } from '../../api/protocol.ts';
import { SandboxError } from '../../model/errors.ts';

/** Waits for something, but no longer than until the signal: then it throws. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then(
    () => signal.throwIfAborted(),
    () => undefined,
  );
  try {
    return (await Promise.race([work, aborted])) as T;
  } finally {
    done.abort();
  }
}

const lookMs = 50;
/** An event may go by way of a store of its own, but not for ever. */
const patienceMs = 60_000;

/** The one invocation of a service, once it has ended, however long that takes. */
export async function ended(client: Client, service: string, signal: AbortSignal): Promise<InvocationView> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const [view] = await client.invocations(service, 1);
    if (view?.finishedAt) return view;
    if (!view && performance.now() > deadline) throw nothingCame(service);
    await pause(lookMs, undefined, { signal });
  }
}

const nothingCame = (service: string) =>
  new SandboxError('timeout', `${service} was given its input and did not start in ${patienceMs / 1000} s.`, {
    hint: 'Try it as a call: --run.',
  });
