import { type Delegate, isOscar } from '../model/federation.ts';
import type { Machine } from '../model/machine.ts';
import type { Definition, Replica } from '../model/service.ts';
import { askCluster, basicOf, clusterOfMember } from './cluster.ts';
import { offer, type Tokens } from './offer.ts';
import { ordered } from './order.ts';
import { exceeds, type Room, roomIn } from './status.ts';

/** How long a cluster may take to say how it is. */
const statusMs = 5_000;

/** Chooses members and hands them jobs. */
export function createDelegate({ machine, random }: { machine(): Promise<Machine>; random(): number }): Delegate {
  const tokens: Tokens = new Map();
  let known: Promise<Machine> | undefined;
  const thisMachine = (): Promise<Machine> => {
    // What it has, it has as long as we run.
    known ??= machine().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    order: ({ definition }, signal) =>
      ordered(definition, { random, room: (member) => roomOf(definition, member, signal) }),
    offer: (member, parcel, signal) => offer(member, parcel, { tokens, signal }),
    exceeds: async ({ definition }) => exceeds(definition, await thisMachine()),
  };
}

async function roomOf(definition: Definition, member: Replica, signal: AbortSignal): Promise<Room | undefined> {
  if (!isOscar(member)) return undefined;
  const cluster = clusterOfMember(definition, member);
  if (typeof cluster === 'string') return undefined;
  const as = basicOf(cluster);
  const path = '/system/status';
  const heard = await askCluster(cluster, { method: 'GET', path, as, timeoutMs: statusMs, signal });
  return heard.kind === 'answer' && heard.status === 200 ? roomIn(heard.text) : undefined;
}
