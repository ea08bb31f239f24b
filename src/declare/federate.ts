import { asSandboxError, SandboxError } from '../model/errors.ts';
import { isMember, isWorker, membersOf } from '../model/federation.ts';
import { mayManage } from '../model/person.ts';
import type { Definition, Federation, Replica, Service, Source, StorageProviders } from '../model/service.ts';
import { type Author, demandOwn } from './author.ts';
import type { DeclareParts } from './parts.ts';
import type { DefinitionInput } from './schema.ts';

/** What is changed of the federation of a service. */
export interface FederationChange {
  members: (before: Replica[]) => Replica[];
  /** They are added to those that there are. */
  clusters?: Definition['clusters'];
  /** They replace those that there are. */
  storageProviders?: StorageProviders | undefined;
}

/** The members of services, on other clusters. */
export interface Federating {
  /** Gives the members of a new service their copies; when one cannot have it, all of them go again, and the service. */
  begin(service: Service, by: Author): Promise<void>;
  /** Brings the copies up to date; answers what was in the way. */
  spread(service: Service, by: Author): Promise<string[]>;
  /** Changes who its members are. */
  change(name: string, change: FederationChange, by: Author): Promise<Service>;
  /** Removes the copies of members, and services here that are called as they are. */
  withdraw(service: Service, gone: Replica[], by: Author): Promise<string[]>;
}

interface Kept {
  definition: Definition;
  secrets: Record<string, string>;
  source: Source;
  before: Service;
}

interface Door {
  keep(name: string, change: () => Kept): Promise<Service>;
  remove(name: string): Promise<void>;
}

export function createFederating(parts: DeclareParts, { keep, remove }: Door): Federating {
  const { members } = parts;
  const { services } = parts.store;
  return {
    begin: async (service, { authorization }) => {
      if (!members || !hasCopies(service)) return;
      const { done, errors } = await members.spread(service, 'create', authorization);
      if (errors.length === 0) return;
      const left = await members.withdraw(service, done, authorization);
      await remove(service.name).catch((error: unknown) => left.push(asSandboxError(error).message));
      const failed = `Federation failed: ${list(errors)}; rollback errors: ${list(left)}`;
      throw new SandboxError(
        'rejected',
        left.length > 0 ? failed : `Federation failed; rollback completed: ${list(errors)}`,
      );
    },
    spread: async (service, { authorization }) =>
      members && hasCopies(service) ? (await members.spread(service, 'update', authorization)).errors : [],
    change: (name, change, by) =>
      keep(name, () => {
        const before = services.get(name);
        if (!before) throw new SandboxError('not-found', `No service is called ${name}.`);
        demandOwn(before, by);
        const definition = changed(before.definition, change, parts);
        return { definition, secrets: before.secrets, source: before.source, before };
      }),
    withdraw: async (service, gone, by) => {
      const errors = (await members?.withdraw(service, gone.filter(isCopied), by.authorization)) ?? [];
      for (const name of new Set(gone.map(({ service_name }) => service_name))) {
        const one = services.get(name);
        // OSCAR: also the service itself, when its members are called as it is.
        if (one && name !== service.name && mayManage(one.definition, by.person)) await remove(name);
      }
      return errors;
    },
  };
}

const list = (errors: string[]): string => `[${errors.join(' ')}]`;

const isCopied = ({ type }: Replica): boolean => type.toLowerCase() === 'oscar';

/** A copy has none of its own: else they would go round in circles. */
const hasCopies = ({ definition }: Pick<Service, 'definition'>): boolean =>
  membersOf(definition).length > 0 && !isWorker(definition);

function changed(definition: Definition, change: FederationChange, { minio }: DeclareParts): Definition {
  const { federation, clusters, storage_providers: providers } = definition;
  const { members: _, ...rest } = federation ?? { group_id: definition.name, topology: 'none' };
  const members = change.members(membersOf(definition));
  const all = { ...clusters, ...change.clusters };
  const given = change.storageProviders;
  return inPlace(definition, {
    federation: { ...rest, ...(members.length > 0 ? { members } : {}) },
    ...(Object.keys(all).length > 0 ? { clusters: all } : {}),
    storage_providers: given ? { ...given, minio: { default: minio(), ...given.minio } } : providers,
  });
}

interface Changed {
  federation: Federation;
  clusters?: Definition['clusters'];
  storage_providers: StorageProviders;
}

/** A definition with these keys where OSCAR has them, also when they are new. */
function inPlace(definition: Definition, { federation, clusters, storage_providers }: Changed): Definition {
  const { synchronous, owner } = definition;
  const entries = Object.entries(definition).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'federation' || key === 'clusters') return [];
    if (key === 'synchronous')
      return [
        [key, synchronous],
        ['federation', federation],
      ];
    if (key === 'storage_providers') return [[key, storage_providers]];
    if (key === 'owner') return [...(clusters ? [['clusters', clusters] as [string, unknown]] : []), [key, owner]];
    return [[key, value]];
  });
  return Object.fromEntries(entries) as unknown as Definition;
}

/** Throws when a service has members but nothing by which they can be asked in the name of its owner. */
export function demandToken(input: DefinitionInput, before: Service | undefined): void {
  if (!input.federation?.members?.length) return;
  if (input.environment?.secrets?.refresh_token || before?.secrets.refresh_token) return;
  throw new SandboxError('invalid', 'refresh_token secret is required for federated services');
}

/** Throws when the cluster of a member of a new service cannot be asked. */
export async function probeMembers(
  { members }: Pick<DeclareParts, 'members'>,
  definition: Definition,
  { authorization }: Author,
): Promise<void> {
  if (hasCopies({ definition })) await members?.probe({ definition }, authorization);
}

/** Adds members, or changes those that are meant: what is not given of them stays. */
export function upsert(before: Replica[], given: Replica[]): Replica[] {
  const members = [...before];
  for (const one of given) {
    const at = members.findIndex((member) => isMember(member, one));
    const there = members[at];
    if (there) members[at] = merged(there, one);
    else members.push(one);
  }
  return members;
}

const merged = (there: Replica, one: Replica): Replica => ({
  ...one,
  url: one.url || there.url,
  ssl_verify: one.ssl_verify || there.ssl_verify,
  headers: Object.keys(one.headers).length > 0 ? one.headers : there.headers,
});
