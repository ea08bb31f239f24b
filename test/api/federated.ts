import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Replica } from '../../src/model/service.ts';
import { type FakeMember, type Says, startMember } from '../fakes/member.ts';
import { askAs, people } from './persons.ts';
import { basic, type StartedApi, startApi } from './started.ts';

const [user = '', password = ''] = Buffer.from(basic.slice(6), 'base64').toString().split(/:(.*)/s);
/** A cluster that the administrator's name and password lead into. */
export const clusterAt = (endpoint: string) => ({
  endpoint,
  auth_user: user,
  auth_password: password,
  ssl_verify: false,
});

/** A member that is a service of a cluster. */
export const replica = (cluster_id: string, service_name: string, more: Partial<Replica> = {}): Replica => ({
  type: 'oscar',
  cluster_id,
  service_name,
  url: '',
  ssl_verify: false,
  priority: 0,
  headers: {},
  ...more,
});
/** A member that is an address. */
export const endpoint = (url: string, more: Partial<Replica> = {}) =>
  replica('', '', { type: 'endpoint', url, ...more });

/** What a list of members is answered. */
export const listed = (members: Replica[] | null, topology = 'star'): [number, string] => [
  200,
  JSON.stringify({ topology, members }),
];
/** What is answered when a cluster could not be told. */
export const warning = (text: string): [number, string] => [200, `Updated with federation warnings: [${text}]`];

/** The status and the text of an answer. */
export async function answered(asked: Promise<Response>): Promise<[number, string]> {
  const answer = await asked;
  return [answer.status, await answer.text()];
}

/** Two APIs: the one that is asked, and another cluster, `far`. After each test no service is left. */
export function useClusters() {
  let home: StartedApi;
  let far: StartedApi;
  const fakes: FakeMember[] = [];
  beforeAll(async () => {
    home = await startApi(() => [], people());
    far = await startApi();
  });
  afterEach(async () => {
    for (const one of [home, far]) {
      for (const { name } of one.store.services.list()) await one.ask(`/system/services/${name}`, { method: 'DELETE' });
    }
    for (const fake of fakes.splice(0)) await fake.close();
  });
  afterAll(async () => {
    await home?.close();
    await far?.close();
  });
  const cluster = (at = `http://127.0.0.1:${far.port}`) => clusterAt(at);
  const ask: ReturnType<typeof askAs> = (...asked) => askAs(home)(...asked);
  return {
    home: () => home,
    far: () => far,
    here: (name: string) => home.store.services.get(name),
    there: (name: string) => far.store.services.get(name),
    fake: async (says: Says) => {
      const one = await startMember(says);
      fakes.push(one);
      return one;
    },
    cluster,
    service: (members: Replica[], more: object = {}) => ({
      name: 'fed',
      cluster_id: 'home',
      image: 'docker.io/library/alpine',
      script: '#!/bin/sh\nprint hello\n',
      federation: { topology: 'star', members },
      clusters: { far: cluster() },
      environment: { secrets: { refresh_token: 'r', KEY: 'k' } },
      ...more,
    }),
    create: (json: object, who = 'admin') => answered(ask(who, '/system/services', { method: 'POST', json })),
    update: (json: object) => answered(ask('admin', '/system/services', { method: 'PUT', json })),
    federation: (method: string, body?: unknown, who = 'admin') =>
      answered(
        ask(who, '/system/federation/fed', {
          method,
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        }),
      ),
  };
}
