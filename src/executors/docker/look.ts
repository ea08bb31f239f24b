import { asSandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { Deployment, Executor } from '../executor.ts';
import type { Keeping } from '../keeping.ts';
import type { Offer } from '../needs.ts';
import type { Ground } from './ground.ts';
import { refused } from './needs.ts';
import type { JobRecord } from './records.ts';

export interface LookParts extends Pick<Keeping, 'deployed' | 'recent'> {
  ground: Pick<Ground, 'engine' | 'pool' | 'delivery' | 'exposed'>;
  offer: Offer;
  /** Jobs that went on while this program was away. */
  left: ReadonlyMap<string, JobRecord>;
  /** Services that are to be deployed anew. */
  stale: ReadonlySet<string>;
}

/** Looks at what is on an engine. */
export function createLook({ ground, offer, left, deployed, recent, stale }: LookParts): Executor['observe'] {
  const { engine, pool, delivery, exposed } = ground;
  const away = async (): Promise<string | undefined> => {
    try {
      await engine.ping();
      return undefined;
    } catch (error) {
      return asSandboxError(error).message;
    }
  };
  const own = (service: Service, silent: string | undefined): Deployment => {
    const reason = silent ?? refused(service, offer, delivery.found() ?? 'bound');
    const { name } = service;
    const fingerprint = stale.has(name) ? '' : service.fingerprint;
    const found = { service: name, fingerprint, instances: pool.count(name), lines: recent.lines(name) };
    return reason ? { ...found, state: 'unavailable', reason } : { ...found, state: 'ready' };
  };

  return async () => {
    const silent = await away();
    const servers = new Map((silent ? [] : await exposed.observe()).map((one) => [one.service, one]));
    const here = [...deployed.values()].map((service): Deployment => {
      const mine = own(service, silent);
      const server = servers.get(service.name);
      if (!server || mine.reason) return mine;
      return { ...mine, ...server, fingerprint: stale.has(service.name) ? '' : server.fingerprint };
    });
    const others = [...servers.values()].filter(({ service }) => !deployed.has(service));
    const names = new Set([...left.values()].map(({ service }) => service));
    for (const { service } of [...here, ...others]) names.delete(service);
    return [...here, ...others, ...[...names].map(goesOn)];
  };
}

/** Of a service that was not deployed yet in this run: it is deployed anew, or withdrawn. */
const goesOn = (service: string): Deployment => ({
  service,
  fingerprint: '',
  state: 'pending',
  instances: 0,
  lines: [],
  reason: 'A job of an earlier run goes on.',
});
