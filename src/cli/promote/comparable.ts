import { provider } from '../../model/service.ts';
import type { Body } from './shapes.ts';

/** What of a service can be compared, in the order in which it is shown. */
const fields = [
  ...['cluster_id', 'image', 'script', 'memory', 'cpu', 'total_memory', 'total_cpu', 'ephemeral_storage_request'],
  ...['enable_gpu', 'enable_sgx', 'alpine', 'image_prefetch', 'image_pull_secrets', 'log_level', 'file_stage_in'],
  ...['synchronous', 'input', 'output', 'environment', 'expose', 'mount', 'volume', 'kserve', 'interlink_node_name'],
  ...['visibility', 'allowed_users', 'isolation_level', 'bucket_list', 'vo', 'labels', 'annotations'],
  ...['federation', 'replicas', 'delegation', 'rescheduler_threshold', 'storage_providers', 'clusters'],
];

/** Labels that the platform sets, and that are lost by an update that does not repeat them. */
export const keptLabels = ['owner_name', 'uid', 'vo', 'kueue.x-k8s.io/queue-name'];
const forcedLabels = [...keptLabels, 'oscar.grycap/user-service', 'oscar_service', 'applicationId', 'queue'];

/** A service as a cluster would show it, without what the cluster itself adds and without what says nothing. */
export function comparable(service: Body): Body {
  const filled: Body = {
    ...service,
    memory: service.memory || '256Mi',
    cpu: service.cpu || '0.2',
    visibility: service.visibility || 'private',
    log_level: level(service.log_level),
    script: String(service.script ?? '').replace(/\r\n?/g, '\n'),
    input: folders(service.input, service),
    output: folders(service.output, service),
    mount: mount(service.mount),
    labels: without(service.labels, (key) => forcedLabels.includes(key)),
    annotations: without(service.annotations, (key) => key.startsWith('oscar.grycap/')),
    environment: environment(service),
    expose: expose(service.expose),
    volume: volume(service.volume, service),
    kserve: kserve(service.kserve),
    federation: federation(service.federation, service),
    allowed_users: users(service),
    storage_providers: providers(service.storage_providers),
  };
  return Object.fromEntries(fields.map((field) => [field, meaningful(filled[field])]));
}

export const isMap = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const map = (value: unknown): Body => (isMap(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The same, its keys sorted and its empty values gone; undefined when nothing is left. */
function meaningful(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? value.map((item) => meaningful(item) ?? item) : undefined;
  if (!isMap(value)) return value === '' || value === false || value === 0 || value === null ? undefined : value;
  const kept = Object.entries(value)
    .map(([key, inner]) => [key, meaningful(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

const without = (value: unknown, isOut: (key: string) => boolean): Body =>
  Object.fromEntries(Object.entries(map(value)).filter(([key]) => !isOut(key)));

const levels = ['NOTSET', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

function level(value: unknown): string {
  const upper = String(value ?? '').toUpperCase();
  return levels.includes(upper) ? upper : 'INFO';
}

const trimmed = (path: unknown): string => String(path ?? '').replace(/^[ /]+|[ /]+$/g, '');

/** OSCAR: a path without a folder is a folder of the bucket that is named like the service. */
export function pathOf(folder: unknown, { name }: Body): string {
  const { path, storage_provider } = map(folder);
  const short = trimmed(path);
  const { type } = provider(String(storage_provider ?? ''));
  return !short.includes('/') && ['minio', 's3'].includes(type) ? `${name}/${short}` : short;
}

const folders = (value: unknown, service: Body): unknown[] =>
  list(value).map((folder) => ({ ...map(folder), path: pathOf(folder, service) }));

const mount = (value: unknown): Body => (map(value).path ? { ...map(value), path: trimmed(map(value).path) } : {});

/** Secrets are compared by their names: their values are never answered. */
function environment(service: Body): Body {
  const { variables, Variables, secrets } = map(service.environment);
  const own = isMap(service.kserve) ? without(variables, (key) => key === 'KSERVE_HOST') : variables;
  return { variables: { ...map(Variables), ...map(own) }, secrets: Object.keys(map(secrets)).sort() };
}

/** Ports are lists since 4.1, and a 0 among those of the nodes is chosen by the cluster. */
function expose(value: unknown): Body {
  const { api_port, nodePort, ...rest } = map(value);
  const ports = (given: unknown) => [given ?? []].flat().filter((port) => port !== 0);
  if (ports(api_port).length === 0) return rest;
  return {
    ...rest,
    min_scale: rest.min_scale || 1,
    max_scale: rest.max_scale || 10,
    cpu_threshold: rest.cpu_threshold || 80,
    api_port: ports(api_port),
    nodePort: ports(nodePort),
  };
}

function volume(value: unknown, { name }: Body): Body {
  const given = map(value);
  return given.size
    ? { ...given, name: given.name || name, lifecycle_policy: given.lifecycle_policy || 'delete' }
    : given;
}

function kserve(value: unknown): Body {
  if (!isMap(value)) return {};
  return { api_version: 'v1', cpu: '0.2', memory: '256Mi', set_auth: true, max_scale: 1, ...value };
}

function federation(value: unknown, { name }: Body): Body {
  if (!isMap(value)) return {};
  return { ...value, group_id: value.group_id || name, topology: value.topology || 'none' };
}

/** With a bucket for each user, the owner is one of them whether written or not. */
function users({ allowed_users, owner, isolation_level }: Body): unknown[] {
  const named = list(allowed_users)
    .map((user) => String(user).trim())
    .filter(Boolean);
  return String(isolation_level).toUpperCase() === 'USER' ? named.filter((user) => user !== owner) : named;
}

/** The default store of a cluster is its own affair. */
const providers = (value: unknown): Body => {
  const { minio, ...others } = map(value);
  return { ...others, minio: without(minio, (id) => id === 'default') };
};
