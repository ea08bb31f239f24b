import { afterEach, beforeEach } from 'vitest';
import { createDelegate } from '../../src/federation/federation.ts';
import type { DelegationOptions } from '../../src/invoke/parts.ts';
import type { Replica } from '../../src/model/service.ts';
import { declared } from '../fakes/definitions.ts';
import { type FakeMember, type Says, startMember } from '../fakes/member.ts';
import { body, outcome, until, useScene } from './scene.ts';

/** A member that is a service of a cluster. */
export const replica = (cluster_id: string, more: Partial<Replica> = {}): Replica => ({
  type: 'oscar',
  cluster_id,
  service_name: `${cluster_id}-demo`,
  url: '',
  ssl_verify: false,
  priority: 1,
  headers: {},
  ...more,
});
/** A member that is an address. */
export const endpoint = (url: string, more: Partial<Replica> = {}) =>
  replica('', { type: 'endpoint', service_name: '', url, ...more });
/** The cluster at an address, with a name and a password or without. */
export const cluster = (to: string, auth = true) => ({
  endpoint: to,
  auth_user: auth ? 'me' : '',
  auth_password: auth ? 'secret' : '',
  ssl_verify: false,
});

/** What is in the body of a delegated job. */
export const wrapper = (text: string | undefined) => JSON.parse(text ?? 'null');

interface Federated {
  members: Replica[];
  clusters?: Record<string, ReturnType<typeof cluster>>;
  delegation?: string;
  more?: object;
}

const machine = async () => ({
  name: 'laptop',
  cpu: { capacity: 4000, usage: 0 },
  memory: { capacity: 2 ** 33, usage: 0 },
  gpus: 0,
});

/** What hands jobs to members, from a machine with four processors; its dice fall as told. */
export const delegateWith = (draws: number[] = []) => createDelegate({ machine, random: () => draws.shift() ?? 0 });

const options = (more: Partial<DelegationOptions>): DelegationOptions => ({
  delegate: delegateWith(),
  atOnce: true,
  late: false,
  restMs: 1e9,
  ...more,
});

/** A scene in which what runs goes on until it is let go, and members that do as they are told. */
export function useMembers() {
  const scene = useScene();
  const started: FakeMember[] = [];
  const held: (() => void)[] = [];
  const letGo = () => {
    for (const one of held.splice(0)) one();
  };
  beforeEach(() => {
    scene.run = (task) => {
      scene.tasks.push(task);
      return new Promise((resolve) => {
        held.push(() => resolve(outcome()));
      });
    };
  });
  afterEach(async () => {
    letGo();
    for (const member of started.splice(0)) await member.close();
  });
  /** Begins anew, with so many places for jobs. */
  const start = async (concurrency: number, more: Partial<DelegationOptions> = {}) => {
    await scene.invoke.close(async () => undefined);
    scene.invoke = scene.start({ concurrency, serviceConcurrency: 1, delegation: options(more) });
  };
  return {
    scene,
    letGo,
    start,
    member: async (says: Says) => {
      const one = await startMember(says);
      started.push(one);
      return one;
    },
    federate: ({ members, clusters = {}, delegation = 'static', more }: Federated) =>
      scene.store.services.save(
        declared({ cluster_id: 'home', clusters, federation: { topology: 'star', delegation, members }, ...more }),
      ),
    /** Takes the one place that there is. */
    occupy: async (more: Partial<DelegationOptions> = {}) => {
      await start(1, more);
      await scene.invoke.job(await scene.store.services.save(declared({ name: 'filler' })), body(''), {});
      await until(() => scene.tasks.length === 1);
    },
    ran: () => scene.tasks.map(({ service }) => service.name),
  };
}
