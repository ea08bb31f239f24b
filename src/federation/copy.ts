import { clusterOf, isOscar, lentStore, membersOf, origin } from '../model/federation.ts';
import { type Definition, isOwnStore, type Replica, type Service, type StorageIO } from '../model/service.ts';

/**
 * What a member's cluster is sent: the service under the member's name. It has the token of the first one, so that each
 * may hand a job to each; and stores its files where that one stores them, if the definition has keys to lend.
 */
export function copyFor({ definition, secrets }: Service, member: Replica): object {
  const { owner: _, namespace: __, ...rest } = definition;
  const name = clusterOf(definition);
  const store = lentStore(definition);
  const { default: ___, ...others } = definition.storage_providers.minio ?? {};
  const annotations = {
    ...definition.annotations,
    [origin.cluster]: name,
    [origin.service]: definition.name,
    [origin.worker]: 'true',
  };
  return {
    ...rest,
    name: member.service_name,
    cluster_id: member.cluster_id,
    federation: { ...definition.federation, members: membersFor(definition, member) },
    output: definition.output.map((io) => (store && isOwnStore(io) ? at(io, name) : io)),
    environment: { variables: definition.environment.variables, secrets },
    annotations,
    storage_providers: {
      ...definition.storage_providers,
      minio: { ...others, ...(store ? { [name]: store } : {}) },
    },
    clusters: withoutPasswords(definition),
  };
}

const at = (io: StorageIO, cluster: string): StorageIO => ({ ...io, storage_provider: `minio.${cluster}` });

/** In a mesh everyone hands jobs to everyone; else only the first one does. */
function membersFor(definition: Definition, member: Replica): Replica[] {
  if (definition.federation?.topology.toLowerCase() !== 'mesh') return [];
  const first = firstOf(definition);
  return [...(first ? [first] : []), ...membersOf(definition).filter((other) => other !== member)];
}

/** The service itself as others see it, if the definition says where they find it. */
function firstOf(definition: Definition): Replica | undefined {
  const cluster_id = clusterOf(definition);
  if (!definition.clusters?.[cluster_id]) return undefined;
  const { name: service_name } = definition;
  const { ssl_verify } = definition.clusters[cluster_id];
  return { type: 'oscar', cluster_id, service_name, url: '', ssl_verify, priority: 0, headers: {} };
}

const withoutPasswords = ({ clusters = {} }: Definition): Definition['clusters'] =>
  Object.fromEntries(
    Object.entries(clusters).map(([id, cluster]) => [id, { ...cluster, auth_user: '', auth_password: '' }]),
  );

/** The members that are services of OSCAR: an endpoint is not told anything. */
export const clustered = (definition: Definition): Replica[] => membersOf(definition).filter(isOscar);
