import type { Executor } from '../executors/executor.ts';
import type { Condition, Deployment } from '../model/deployment.ts';
import type { Service } from '../model/service.ts';
import type { Services } from '../store/services.ts';
import { conditionOf, type News } from './condition.ts';

/** Remembers since when services are as they are. */
export interface Observer {
  /** Looks as the executor does, and remembers what is new. */
  observe: Executor['observe'];
  /** Looks once; answers how each service is doing. */
  look(): Promise<(service: Service) => Condition>;
}

export interface ObserverParts {
  executor: Pick<Executor, 'observe'>;
  services: Pick<Services, 'list'>;
  news(name: string): News;
  now(): number;
}

export function createObserver({ executor, services, news, now }: ObserverParts): Observer {
  const known = new Map<string, Pick<Condition, 'state' | 'since'>>();
  const doing = (service: Service, seen: Map<string, Deployment>): Condition => {
    const { name } = service;
    const condition = conditionOf(service, seen.get(name), news(name));
    const before = known.get(name);
    const since = before?.state === condition.state ? before.since : now();
    known.set(name, { state: condition.state, since });
    return { ...condition, since };
  };
  const look = async () => {
    const observed = await executor.observe();
    const seen = new Map(observed.map((one) => [one.service, one]));
    const declared = services.list();
    const names = new Set(declared.map(({ name }) => name));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    for (const service of declared) doing(service, seen);
    return { observed, seen };
  };
  return {
    observe: async () => (await look()).observed,
    look: async () => {
      const { seen } = await look();
      return (service) => doing(service, seen);
    },
  };
}
