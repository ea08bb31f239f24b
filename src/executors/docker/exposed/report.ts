import type { Deployment } from '../../executor.ts';
import { kept } from './printed.ts';
import type { Version } from './version.ts';

/** What is known of a service's versions. */
export interface Versions {
  /** The one that serves, or is the first to. */
  current: Version;
  /** The one that is to take its place. */
  next?: Version | undefined;
  /** Why the newest did not take it. */
  trouble?: string | undefined;
}

/** How an exposed service is doing, in the words of a deployment. */
export function report(
  { current, next, trouble }: Versions,
  told: Pick<Deployment, 'fingerprint' | 'standing'>,
): Deployment {
  const instances = current.instances();
  const shown = next ?? current;
  return {
    service: current.service.name,
    ...told,
    instances: instances.length,
    affected: instances.filter((instance) => instance.condition().state !== 'ready').length,
    lines: shown
      .instances()
      .flatMap((instance) => instance.lines())
      .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
      .slice(-kept),
    addresses: current.addresses(),
    ...condition({ current, next, trouble }),
  };
}

function condition({ current, next, trouble }: Versions): Pick<Deployment, 'state' | 'reason'> {
  const own = conditionOf(current);
  if (trouble) return { ...own, state: own.state === 'ready' ? 'degraded' : own.state, reason: trouble };
  if (!next) return own;
  const why = conditionOf(next).reason ?? 'It is starting.';
  return { ...own, reason: `The version before it serves until the new one is ready. ${why}` };
}

/** How one version is. */
export function conditionOf(version: Version): Pick<Deployment, 'state' | 'reason'> {
  const conditions = version.instances().map((instance) => instance.condition());
  const bad = conditions.filter(({ state }) => state !== 'ready');
  const wanted = version.wanted();
  const up = conditions.length - bad.length;
  if (wanted === 0) return { state: 'stopped' };
  if (up >= wanted) return { state: 'ready' };
  const reason = bad[0]?.reason ?? 'Its containers are being made.';
  if (up > 0) return { state: 'degraded', reason: `${up} of ${wanted} instances are ready. ${reason}` };
  return { state: bad.some(({ state }) => state === 'failing') ? 'failed' : 'pending', reason };
}
