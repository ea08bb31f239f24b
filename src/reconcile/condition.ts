import type { Condition, Deployment } from '../model/deployment.ts';
import type { SandboxError } from '../model/errors.ts';
import { isExposed, type Service, standingOf } from '../model/service.ts';

/** What the loop knows of a service beside what is observed of it. */
export interface News {
  /** What the newest try to deploy it failed with, and which version that was. */
  failure?: { error: SandboxError; version: number } | undefined;
  /** What is going on with it, where that takes long. */
  progress?: string | undefined;
}

/** How a service is doing; pure. */
export function conditionOf(service: Service, seen: Deployment | undefined, news: News): Omit<Condition, 'since'> {
  const { instances = 0, affected = 0, lines = [] } = seen ?? {};
  return { instances, affected, lines, ...stateOf(service, seen, news) };
}

type State = Pick<Condition, 'state' | 'reason'>;

function stateOf(service: Service, seen: Deployment | undefined, { failure, progress }: News): State {
  if (seen?.state === 'unavailable') return { state: 'unavailable', reason: seen.reason };
  // What is to be stopped counts as that, also while it ends its requests.
  if (service.stopped && isExposed(service.definition)) return { state: 'stopped' };
  const serves = seen !== undefined && ['ready', 'degraded'].includes(seen.state) && seen.fingerprint !== '';
  const isSame = seen?.fingerprint === service.fingerprint;
  if (seen && isSame && (seen.standing ?? standingOf(service)) === standingOf(service)) return bare(seen);
  if (failure?.version === service.version) {
    const { message } = failure.error;
    return serves
      ? { state: 'degraded', reason: `${message} The version before it serves.` }
      : { state: 'failed', reason: message };
  }
  // Its servers are to begin anew, and go on until others do.
  if (isSame && serves) return bare(seen);
  return { state: 'pending', reason: progress ?? (serves ? undefined : seen?.reason) };
}

const bare = ({ state, reason }: Deployment): State => ({ state, reason });
