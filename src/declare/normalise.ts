import { randomBytes } from 'node:crypto';
import { origin } from '../model/federation.ts';
import { labelOf, type Person } from '../model/person.ts';
import type { Definition, Expose, Federation, MinioProvider, StorageIO, Volume } from '../model/service.ts';
import { provider } from '../model/service.ts';
import { normaliseKserve } from './kserve.ts';
import type { DefinitionInput } from './schema.ts';

/** What the platform adds to every definition. */
export interface Surroundings {
  /** The platform's own store, as services see it: without its keys. */
  minio: MinioProvider;
  /** Who declares. */
  person: Person;
}

/** What an earlier version of the service hands on. */
export interface Heritage {
  token: string;
  namespace: string;
  owner: string;
}

const levels = ['NOTSET', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/** A 64 digit secret that lets its holder call one service. */
export const newToken = (): string => randomBytes(32).toString('hex');

/**
 * What a user wrote as OSCAR stores and answers it: defaults filled in, paths trimmed, labels forced.
 * Secret values are not in it. A first version (no `before`) gets a token and the label `owner_name`.
 */
export function normalise(input: DefinitionInput, around: Surroundings, before?: Heritage): Definition {
  const name = input.name ?? '';
  const log = (input.log_level ?? '').toUpperCase();
  return {
    name,
    cluster_id: input.cluster_id ?? '',
    memory: input.memory || '256Mi',
    cpu: input.cpu || '0.2',
    total_memory: input.total_memory ?? '',
    total_cpu: input.total_cpu ?? '',
    ephemeral_storage_request: input.ephemeral_storage_request ?? '',
    enable_gpu: input.enable_gpu ?? false,
    enable_sgx: input.enable_sgx ?? false,
    image_prefetch: input.image_prefetch ?? false,
    synchronous: { min_scale: input.synchronous?.min_scale ?? 0, max_scale: input.synchronous?.max_scale ?? 0 },
    ...(input.federation ? { federation: federation(input.federation, name) } : {}),
    log_level: levels.includes(log) ? log : 'INFO',
    image: input.image ?? '',
    alpine: input.alpine ?? false,
    token: before?.token ?? sentToken(input) ?? newToken(),
    file_stage_in: input.file_stage_in ?? false,
    input: (input.input ?? []).map((io) => folder(io, name)),
    output: (input.output ?? []).map((io) => folder(io, name)),
    script: (input.script ?? '').replace(/\r\n?/g, '\n'),
    ...(input.image_pull_secrets?.length ? { image_pull_secrets: input.image_pull_secrets } : {}),
    expose: expose(input.expose),
    environment: environment(input),
    annotations: sorted(input.annotations ?? {}),
    vo: input.vo ?? '',
    labels: labels(input, name, before ? undefined : around.person),
    storage_providers: {
      ...input.storage_providers,
      minio: { ...input.storage_providers?.minio, default: ownStore(input) ?? around.minio },
    },
    ...(Object.keys(input.clusters ?? {}).length > 0 ? { clusters: clusters(input.clusters) } : {}),
    owner: ownerOf(input, around, before),
    namespace: before?.namespace ?? namespaceOf(input, around),
    interlink_node_name: input.interlink_node_name ?? '',
    visibility: input.visibility || 'private',
    allowed_users: (input.allowed_users ?? []).map((user) => user.trim()).filter((user) => user !== ''),
    isolation_level: input.isolation_level ?? '',
    bucket_list: input.bucket_list ?? [],
    mount: mount(input.mount, name),
    ...(input.volume ? { volume: volume(input.volume, name) } : {}),
    ...(input.kserve ? { kserve: normaliseKserve(input.kserve) } : {}),
  } as Definition;
}

/** The token is kept that a copy is sent with: so every copy knows those of the others. */
const sentToken = ({ annotations = {}, token = '' }: DefinitionInput): string | undefined =>
  annotations[origin.worker] === 'true' && /^[0-9a-f]{64}$/.test(token) ? token : undefined;

/** OSCAR: of a federated service, or a copy of one, the store is told as it was given, with its keys. */
function ownStore({ federation, annotations, storage_providers }: DefinitionInput): MinioProvider | undefined {
  const given = storage_providers?.minio?.default;
  const federated = federation !== undefined || annotations?.[origin.cluster] !== undefined;
  return federated && given?.endpoint && given.access_key !== 'hidden' ? (given as MinioProvider) : undefined;
}

/** OSCAR: the administrator's updates say whose the service is; a user's leave it to its owner. */
function ownerOf(input: DefinitionInput, { person }: Surroundings, before: Heritage | undefined): string {
  if (!before) return person.uid;
  return person.kind === 'admin' ? (input.owner ?? '') : before.owner;
}

/** OSCAR lets everyone choose; here users stay among their own. */
const namespaceOf = (input: DefinitionInput, { person }: Surroundings): string =>
  (person.kind === 'admin' && input.namespace) || person.namespace;

/** By the names of its entries, as OSCAR answers every map. */
export const sorted = <T>(map: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

/** OSCAR: blanks and slashes go at both ends; a path without a folder gets the service's name as its bucket. */
function trimPath(path: string, type: string, name: string): string {
  const trimmed = path
    .trim()
    .replace(/^\/+|\/+$/g, '')
    .trim();
  const bucketless = trimmed !== '' && !trimmed.includes('/') && (type === 'minio' || type === 's3');
  return bucketless ? `${name}/${trimmed}` : trimmed;
}

type LooseIO = { storage_provider?: string; path?: string; suffix?: string[]; prefix?: string[]; options?: string };

function folder(io: LooseIO, name: string): StorageIO {
  const reference = io.storage_provider ?? '';
  return {
    storage_provider: reference,
    path: trimPath(io.path ?? '', provider(reference).type, name),
    ...(io.suffix?.length ? { suffix: io.suffix } : {}),
    ...(io.prefix?.length ? { prefix: io.prefix } : {}),
  };
}

function mount(io: LooseIO | undefined, name: string): StorageIO {
  if (!io?.path) return { storage_provider: io?.storage_provider ?? '', path: '' };
  return {
    ...folder(io, name),
    path: io.path.replace(/^[ /]+|[ /]+$/g, ''),
    ...(io.options ? { options: io.options } : {}),
  };
}

/** A single 0 is none; a 0 among others lets Kubernetes choose. */
const ports = (given: number[] = []): number[] => (given.length === 1 && given[0] === 0 ? [] : given);

function expose(input: DefinitionInput['expose']): Expose {
  const api = ports(input?.api_port);
  const node = ports(input?.nodePort);
  const exposed = (api[0] ?? 0) !== 0;
  // OSCAR documents 1, 10 and 80 but stores the zeros, which Kubernetes then refuses: the documented ones hold here.
  const scale = (value: number | undefined, documented: number) => value || (exposed ? documented : 0);
  return {
    min_scale: scale(input?.min_scale, 1),
    max_scale: scale(input?.max_scale, 10),
    ...(api.length > 0 ? { api_port: api } : {}),
    cpu_threshold: scale(input?.cpu_threshold, 80),
    rewrite_target: input?.rewrite_target ?? false,
    ...(node.length > 0 ? { nodePort: node } : {}),
    default_command: input?.default_command ?? false,
    set_auth: input?.set_auth ?? false,
    ...(input?.auth_type ? { auth_type: input.auth_type } : {}),
    health_path: input?.health_path ?? '',
    ...(input?.probe_mode ? { probe_mode: input.probe_mode } : {}),
  };
}

function environment(input: DefinitionInput): Definition['environment'] {
  const secrets = Object.keys(input.environment?.secrets ?? {}).map((key) => [key, '']);
  return { variables: sorted(input.environment?.variables ?? {}), secrets: sorted(Object.fromEntries(secrets)) };
}

function labels(input: DefinitionInput, name: string, first: Person | undefined): Record<string, string> {
  return sorted({
    ...input.labels,
    ...(first ? { owner_name: labelOf(first.name) } : {}),
    'oscar.grycap/user-service': 'true',
    oscar_service: name,
    applicationId: name,
    queue: `root.oscar-queue.${name}`,
  });
}

type LooseFederation = NonNullable<DefinitionInput['federation']>;

function federation(input: LooseFederation, name: string): Federation {
  return {
    group_id: input.group_id || name,
    topology: input.topology || 'none',
    ...(input.delegation ? { delegation: input.delegation } : {}),
    ...(input.rescheduler_threshold ? { rescheduler_threshold: input.rescheduler_threshold } : {}),
    ...(input.members?.length ? { members: input.members.map(member) } : {}),
  };
}

const member = (given: NonNullable<LooseFederation['members']>[number]) => ({
  type: given.type ?? '',
  cluster_id: given.cluster_id ?? '',
  service_name: given.service_name ?? '',
  url: given.url ?? '',
  ssl_verify: given.ssl_verify ?? false,
  priority: given.priority ?? 0,
  headers: given.headers ?? {},
});

const clusters = (given: DefinitionInput['clusters']) =>
  sorted(
    Object.fromEntries(
      Object.entries(given ?? {}).map(([id, cluster]) => [
        id,
        {
          endpoint: cluster.endpoint ?? '',
          auth_user: cluster.auth_user ?? '',
          auth_password: cluster.auth_password ?? '',
          ssl_verify: cluster.ssl_verify ?? false,
        },
      ]),
    ),
  );

function volume(input: NonNullable<DefinitionInput['volume']>, name: string): Volume {
  const given = (text: string | undefined) => (text ?? '').trim();
  const made = given(input.size) !== '';
  const called = given(input.name) || (made ? name : '');
  const policy = given(input.lifecycle_policy) || (made ? 'delete' : '');
  return {
    ...(called ? { name: called } : {}),
    size: given(input.size),
    mount_path: given(input.mount_path),
    ...(policy ? { lifecycle_policy: policy } : {}),
  };
}
