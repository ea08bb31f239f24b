import { SandboxError } from '../model/errors.ts';
import { type Invocation, isFinal, jobName } from '../model/invocation.ts';
import type { Store } from '../store/store.ts';
import type { Invoke } from './parts.ts';

interface ReplayParts {
  store: Store;
  now(): number;
  wake(): void;
}

/** Runs finished invocations again, as jobs, on the very object version they were about. */
export function createReplay({ store, now, wake }: ReplayParts): Invoke['replay'] {
  return async (id, version) => {
    const then = store.invocations.get(id);
    if (!then) {
      throw new SandboxError('not-found', `No invocation is called ${id}.`, {
        hint: 'List them with `oscar-sandbox logs SERVICE --all`; finished ones are kept for a while only.',
      });
    }
    demandFinal(then);
    const again: Invocation = {
      ...then,
      id: jobName(then.service),
      kind: 'job',
      serviceVersion: versionOf(then, version, store),
      pinned: version === 'then',
      replayOf: then.id,
      state: 'Pending',
      attempt: 0,
      exitCode: undefined,
      reason: undefined,
      createdAt: now(),
      startedAt: undefined,
      finishedAt: undefined,
    };
    await store.invocations.add(again, store.invocations.payload(id));
    wake();
    return again;
  };
}

function versionOf(then: Invocation, version: 'then' | 'today', store: Store): number {
  const service =
    version === 'today' ? store.services.get(then.service) : store.services.version(then.service, then.serviceVersion);
  if (service) return service.version;
  if (version === 'today') throw new SandboxError('not-found', `No service is called ${then.service} any more.`);
  throw new SandboxError('not-found', `Version ${then.serviceVersion} of ${then.service} is no longer kept.`, {
    hint: 'Run it on the service as it is now: `oscar-sandbox replay --today`.',
  });
}

/** Says so when an invocation is not finished yet. */
function demandFinal(invocation: Invocation): void {
  if (isFinal(invocation.state)) return;
  throw new SandboxError('conflict', `${invocation.id} is still ${invocation.state.toLowerCase()}.`, {
    hint: 'Wait for its end: `oscar-sandbox logs --follow` shows it.',
  });
}
