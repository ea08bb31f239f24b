import { SandboxError } from '../model/errors.ts';
import { membersOf, origin } from '../model/federation.ts';
import type { Replica, Service } from '../model/service.ts';
import { askCluster, authorization, clusterOfMember, serviceAt, trouble } from './cluster.ts';
import { clustered, copyFor } from './copy.ts';

/** What became of the copies of a service: who has one, and what was in the way of the others. */
export interface Spreading {
  done: Replica[];
  errors: string[];
}

/** What is done on the clusters of a service's members. `caller` is the header of who asks for it. */
export interface Members {
  /** Throws when a cluster of one of them cannot be asked. */
  probe(service: Pick<Service, 'definition'>, caller?: string): Promise<void>;
  /** Makes the copies on those clusters, or brings them up to date. */
  spread(service: Service, how: 'create' | 'update', caller?: string): Promise<Spreading>;
  /** Removes the copies of these; answers what was in the way. What only has the same name stays. */
  withdraw(service: Service, members: Replica[], caller?: string): Promise<string[]>;
}

/** How long a cluster may take to say that it is there. */
const probeMs = 5_000;

export const members: Members = {
  probe: async ({ definition }, caller) => {
    const asked = await Promise.all(clustered(definition).map((member) => probed(definition, member, caller)));
    const errors = asked.filter((error) => error !== undefined);
    if (errors.length > 0) throw new SandboxError('unauthorized', `federation auth failed: ${list(errors)}`);
  },
  spread: async (service, how, caller) => {
    const spreading: Spreading = { done: [], errors: [] };
    // OSCAR: an update tells of endpoints, too, that they are on no cluster; a service that has one can be made here.
    const those = how === 'create' ? clustered(service.definition) : membersOf(service.definition);
    for (const member of those) {
      const error = await sent(service, member, { how, caller });
      if (error === undefined) spreading.done.push(member);
      else spreading.errors.push(error);
    }
    return spreading;
  },
  withdraw: async (service, gone, caller) => {
    const asked = await Promise.all(gone.map((member) => removed(service, member, caller)));
    return asked.filter((error) => error !== undefined);
  },
};

/** Go's way to print a list. */
export const list = (errors: string[]): string => `[${errors.join(' ')}]`;

async function probed(
  definition: Service['definition'],
  member: Replica,
  caller: string | undefined,
): Promise<string | undefined> {
  const cluster = clusterOfMember(definition, member);
  if (typeof cluster === 'string') return cluster;
  const as = authorization(cluster, caller);
  const error = trouble(await askCluster(cluster, { method: 'GET', path: '/system/info', as, timeoutMs: probeMs }));
  return error && `cluster "${member.cluster_id}": ${error}`;
}

interface Sending {
  how: 'create' | 'update';
  caller: string | undefined;
}

async function sent(service: Service, member: Replica, { how, caller }: Sending): Promise<string | undefined> {
  const cluster = clusterOfMember(service.definition, member);
  if (typeof cluster === 'string') return cluster;
  const as = authorization(cluster, caller);
  const body = JSON.stringify(copyFor(service, member));
  const put = (method: 'POST' | 'PUT') => askCluster(cluster, { method, path: '/system/services', as, body });
  const heard = await put(how === 'create' ? 'POST' : 'PUT');
  // A new member has no copy yet.
  const absent = how === 'update' && heard.kind === 'answer' && heard.status === 404;
  return trouble(absent ? await put('POST') : heard);
}

async function removed(service: Service, member: Replica, caller: string | undefined): Promise<string | undefined> {
  const { name, definition } = service;
  const cluster = clusterOfMember(definition, member);
  if (typeof cluster === 'string') return cluster;
  const as = authorization(cluster, caller);
  const path = serviceAt(member);
  const found = await askCluster(cluster, { method: 'GET', path, as });
  if (found.kind === 'answer' && found.status === 404) return undefined;
  const error = trouble(found);
  if (error) return error;
  if (found.kind === 'answer' && !isCopyOf(found.text, name)) {
    return `${member.service_name} on ${member.cluster_id} is no copy of ${name}`;
  }
  return trouble(await askCluster(cluster, { method: 'DELETE', path, as }));
}

function isCopyOf(text: string, name: string): boolean {
  try {
    const { annotations = {} } = JSON.parse(text) as { annotations?: Record<string, string> };
    return annotations[origin.worker] === 'true' && annotations[origin.service] === name;
  } catch {
    // What is no service is nobody's copy.
    return false;
  }
}
