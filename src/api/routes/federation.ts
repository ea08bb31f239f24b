import { decodeJson } from '../../declare/decode.ts';
import { upsert } from '../../declare/federate.ts';
import type { Decoded } from '../../declare/shape.ts';
import { isMember, membersOf } from '../../model/federation.ts';
import { mayManage, maySee, type Person } from '../../model/person.ts';
import type { Cluster, Replica, Service, StorageProviders } from '../../model/service.ts';
import { type Answer, empty, json, text } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { PersonalCall, Route } from '../route.ts';

const path = '/system/federation/:serviceName';

const replicaShape = {
  type: 'string',
  cluster_id: 'string',
  service_name: 'string',
  url: 'string',
  ssl_verify: 'bool',
  priority: 'uint',
  headers: { '*': 'string' },
} as const;

const clusterShape = { endpoint: 'string', auth_user: 'string', auth_password: 'string', ssl_verify: 'bool' } as const;

const minioShape = {
  endpoint: 'string',
  verify: 'bool',
  access_key: 'string',
  secret_key: 'string',
  region: 'string',
} as const;

const texts = { '*': { '*': 'string' } } as const;

/** What a request changes of the members of a service. */
export const federationShape = {
  members: [replicaShape],
  update: [replicaShape],
  clusters: { '*': clusterShape },
  storage_providers: { minio: { '*': minioShape }, s3: texts, onedata: texts, webdav: texts, rucio: texts },
  delete: 'bool',
} as const;

type Wanted = Decoded<typeof federationShape>;

/** The members of a service, on other clusters. */
export function federationRoutes(parts: ApiParts): Route[] {
  const { store, declare, people } = parts;
  const found = ({ params, person }: PersonalCall, may: typeof maySee): Service | Answer => {
    const service = store.services.get(params.serviceName ?? '');
    if (!service) return empty(404);
    const what = may === maySee ? 'get' : 'modify';
    return may(service.definition, person) ? service : text(403, `${who(person)} ${what} this service`);
  };
  const changing = (pick: (wanted: Wanted, before: Replica[]) => Replica[]) => async (call: PersonalCall) => {
    const body = await readBody(call.request);
    const wanted = prefixed('Invalid payload: ', () => decodeJson(body, federationShape, 'FederationRequest').value);
    const service = found(call, mayManage);
    if ('status' in service) return service;
    const { authorization } = call.request.headers;
    const by = { person: call.person, groups: people.groups, authorization };
    const before = membersOf(service.definition);
    const changed = await declare.federation.change(
      service.name,
      {
        members: (now) => pick(wanted, now),
        clusters: clusters(wanted),
        storageProviders: wanted.storage_providers as StorageProviders | undefined,
      },
      by,
    );
    const now = membersOf(changed.definition);
    const gone = wanted.delete && call.request.method === 'DELETE' ? before.filter((one) => !now.includes(one)) : [];
    const left = await declare.federation.withdraw(changed, gone, by);
    // OSCAR: the change is made all the same.
    if (now.length > 0 && !changed.secrets.refresh_token) return text(500, noToken(changed));
    const errors = [...left, ...(await declare.federation.spread(changed, by))];
    return errors.length > 0 ? warned(errors) : json(200, shownFederation(changed));
  };
  return [
    {
      method: 'get',
      path,
      access: 'person',
      handle: (call) => {
        const service = found(call, maySee);
        return 'status' in service ? service : json(200, shownFederation(service));
      },
    },
    {
      method: 'post',
      path,
      access: 'person',
      handle: changing(({ members }, before) => [...before, ...replicas(members)]),
    },
    { method: 'put', path, access: 'person', handle: changing(replaced) },
    {
      method: 'delete',
      path,
      access: 'person',
      handle: changing(({ members, delete: all }, before) => {
        const those = replicas(members);
        if (those.length === 0) return all ? [] : before;
        return before.filter((one) => !those.some((that) => isMember(one, that)));
      }),
    },
  ];
}

/** OSCAR: a text where a cluster could not be told. */
export const warned = (errors: string[]): Answer =>
  text(200, `Updated with federation warnings: [${errors.join(' ')}]`);

const who = ({ uid }: Person): string => `User ${uid} doesn't have permision to`;

const noToken = ({ name }: Service): string =>
  `error reading refresh-token secret: secret "${name}" has no refresh_token`;

const shownFederation = ({ definition }: Service) => ({
  topology: definition.federation?.topology || 'none',
  // OSCAR: none is null.
  members: definition.federation?.members ?? null,
});

/** OSCAR: the first of `update` takes the place of each; its command line sends members alone, as they are to be. */
function replaced({ members, update }: Wanted, before: Replica[]): Replica[] {
  const [those, [one]] = [replicas(members), replicas(update)];
  if (!one) return upsert(before, those);
  return before.map((member) => (those.some((that) => isMember(member, that)) ? one : member));
}

const replicas = (given: Wanted['members']): Replica[] =>
  (given ?? []).map((one) => ({
    type: one.type ?? '',
    cluster_id: one.cluster_id ?? '',
    service_name: one.service_name ?? '',
    url: one.url ?? '',
    ssl_verify: one.ssl_verify ?? false,
    priority: one.priority ?? 0,
    headers: one.headers ?? {},
  }));

const clusters = ({ clusters: given }: Wanted): Record<string, Cluster> =>
  Object.fromEntries(
    Object.entries(given ?? {}).map(([id, one]) => [
      id,
      {
        endpoint: one.endpoint ?? '',
        auth_user: one.auth_user ?? '',
        auth_password: one.auth_password ?? '',
        ssl_verify: one.ssl_verify ?? false,
      },
    ]),
  );
