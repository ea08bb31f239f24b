import type { Manifest } from '../../engine/cluster.ts';
import { asSandboxError } from '../../model/errors.ts';
import { isExposed, type Service } from '../../model/service.ts';
import type { Deployment, Executor } from '../executor.ts';
import type { Keeping } from '../keeping.ts';
import type { Entrances } from './entrances.ts';
import { standingOf, troubleOf } from './knative.ts';
import { fingerprintOf, roleOf, serviceOf } from './labels.ts';
import { standingIn } from './manifests/exposed.ts';
import { exposedNames } from './manifests/names.ts';
import { isDown, isUp } from './podstate.ts';
import type { Scene } from './scene.ts';

export interface LookParts extends Pick<Keeping, 'deployed' | 'recent'> {
  scene: Scene;
  ping(): Promise<unknown>;
  /** What an invocation of it needs that cannot be had. */
  refused(service: Service): string | undefined;
  entrances: Pick<Entrances, 'addresses'>;
}

type Found = Pick<Deployment, 'state' | 'reason' | 'addresses' | 'standing' | 'affected'>;

/** Looks at what is in a cluster; what was not deployed in this run of the program is of no version. */
export function createLook(parts: LookParts): Executor['observe'] {
  const { scene, ping, deployed, recent } = parts;
  const frame = (name: string, fingerprint: string, service?: Service) => {
    const pods = scene.podsOfService(name).filter((pod) => isCounted(pod, service));
    const affected = pods.filter((pod) => !isUp(pod)).length;
    return { service: name, fingerprint, instances: pods.length, affected, lines: recent.lines(name) };
  };
  const here = (service: Service, silent: string | undefined): Deployment[] => {
    const { name, fingerprint } = service;
    const reason = silent ?? parts.refused(service);
    if (reason) return [{ ...frame(name, fingerprint, service), state: 'unavailable', reason }];
    const found = scene.find('services', name);
    if (!found) return [];
    // Of a version that did not come to be ready, or is another program's: it is to be deployed anew.
    const same = fingerprintOf(found.metadata.labels) === fingerprint;
    return [{ ...frame(name, same ? fingerprint : '', service), ...stateOf(parts, service, found) }];
  };
  return async () => {
    const silent = await ping()
      .then(scene.ready)
      .then(
        () => undefined,
        (error: unknown) => asSandboxError(error).message,
      );
    const own = [...deployed.values()].flatMap((service) => here(service, silent));
    const names = new Set(own.map(({ service }) => service));
    const others = [...new Set([...scene.all('services'), ...scene.all('deployments')].map(nameOf))];
    return [
      ...own,
      ...others
        .filter((name) => name !== '' && !names.has(name) && !deployed.has(name))
        .map((name): Deployment => ({ ...frame(name, ''), state: 'pending', reason: 'An earlier run left it here.' })),
    ];
  };
}

/** Is it there to stay, and one of those that answer at the service's own address? */
function isCounted(pod: Manifest, service: Service | undefined): boolean {
  if (isDown(pod) || pod.metadata.deletionTimestamp) return false;
  return !service || (roleOf(pod.metadata.labels) === 'exposed') === isExposed(service.definition);
}

/** Knative gives its own Deployments the marks of their service; they go a while after it. */
const nameOf = ({ kind, metadata: { labels } }: Manifest): string =>
  roleOf(labels) === (kind === 'Deployment' ? 'exposed' : 'service') ? (serviceOf(labels) ?? '') : '';

function stateOf({ scene, entrances }: LookParts, service: Service, found: Manifest): Found {
  if (isExposed(service.definition)) {
    const server = serverState(scene, service);
    return server.state === 'ready' || server.state === 'degraded'
      ? { ...server, addresses: entrances.addresses(service.name) }
      : server;
  }
  const standing = standingOf(found);
  const trouble = troubleOf(scene, service)?.reason;
  // OSCAR: a pod that comes or goes is no news of one that is ready.
  if (standing.is === 'ready')
    return trouble ? { state: 'degraded', reason: trouble } : { state: 'ready', affected: 0 };
  const reason = trouble ?? standing.reason;
  return { state: standing.is, ...(reason ? { reason } : {}) };
}

/** How many of an exposed service's instances there are of those that shall be. */
function serverState(scene: Scene, service: Service): Found {
  const found = scene.find('deployments', exposedNames(service.name).deployment);
  const standing = found ? { standing: standingIn(found) } : {};
  const { replicas = 1 } = (found?.spec ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (found?.status ?? {}) as { readyReplicas?: number };
  const reason = troubleOf(scene, service)?.reason;
  const said = reason ? { reason } : {};
  if (replicas === 0) return { state: 'stopped', ...standing };
  if (readyReplicas >= replicas) return { state: 'ready', ...standing };
  return { state: readyReplicas > 0 ? 'degraded' : 'pending', ...said, ...standing };
}
