import { createHash } from 'node:crypto';

/** A folder of a bucket that a service reads or writes. OSCAR: `<type>[.<id>]`, `<bucket>/<folder>`. */
export interface StorageIO {
  storage_provider: string;
  path: string;
  suffix?: string[];
  prefix?: string[];
  /** Mounts only. */
  options?: string;
}

export interface MinioProvider {
  endpoint: string;
  verify: boolean;
  access_key: string;
  secret_key: string;
  region: string;
}
export interface S3Provider {
  access_key: string;
  secret_key: string;
  region: string;
}
export interface OnedataProvider {
  oneprovider_host: string;
  token: string;
  space: string;
}
export interface WebdavProvider {
  hostname: string;
  login: string;
  password: string;
}
export interface RucioProvider {
  host: string;
  account: string;
  rse: string;
  refresh_token: string;
  auth_host: string;
  oidc_audience: string;
  token_endpoint: string;
}
export interface StorageProviders {
  s3?: Record<string, S3Provider>;
  minio?: Record<string, MinioProvider>;
  onedata?: Record<string, OnedataProvider>;
  webdav?: Record<string, WebdavProvider>;
  rucio?: Record<string, RucioProvider>;
}

export interface Expose {
  min_scale: number;
  max_scale: number;
  api_port?: number[];
  cpu_threshold: number;
  rewrite_target: boolean;
  nodePort?: number[];
  default_command: boolean;
  set_auth: boolean;
  auth_type?: string;
  health_path: string;
  probe_mode?: string;
}

export interface Replica {
  type: string;
  cluster_id: string;
  service_name: string;
  url: string;
  ssl_verify: boolean;
  priority: number;
  headers: Record<string, string>;
}
export interface Federation {
  group_id: string;
  topology: string;
  delegation?: string;
  rescheduler_threshold?: number;
  members?: Replica[];
}
export interface Cluster {
  endpoint: string;
  auth_user: string;
  auth_password: string;
  ssl_verify: boolean;
}
export interface Volume {
  name?: string;
  size: string;
  mount_path: string;
  lifecycle_policy?: string;
}

/** What a user declares, in OSCAR's names and in the order in which OSCAR answers them. */
export interface Definition {
  name: string;
  cluster_id: string;
  memory: string;
  cpu: string;
  total_memory: string;
  total_cpu: string;
  ephemeral_storage_request: string;
  enable_gpu: boolean;
  enable_sgx: boolean;
  image_prefetch: boolean;
  synchronous: { min_scale: number; max_scale: number };
  federation?: Federation;
  log_level: string;
  image: string;
  alpine: boolean;
  token: string;
  file_stage_in: boolean;
  input: StorageIO[];
  output: StorageIO[];
  script: string;
  image_pull_secrets?: string[];
  expose: Expose;
  environment: { variables: Record<string, string>; secrets: Record<string, string> };
  annotations: Record<string, string>;
  vo: string;
  labels: Record<string, string>;
  storage_providers: StorageProviders;
  clusters?: Record<string, Cluster>;
  owner: string;
  namespace: string;
  interlink_node_name: string;
  visibility: string;
  allowed_users: string[];
  isolation_level: string;
  bucket_list: string[];
  mount: StorageIO;
  volume?: Volume;
  /** KServe is stored and echoed, never run here. */
  kserve?: Record<string, unknown>;
}

/** Where a declaration came from; the last one wins. */
export type Source = { kind: 'api' } | { kind: 'file'; path: string };

/** A declared service: its definition and what we know about it. */
export interface Service {
  name: string;
  /** Counts the changes of this name, from 1; never reused, not even after a deletion. */
  version: number;
  /** Differs when and only when something that a run can notice differs. */
  fingerprint: string;
  /** As the API shows it: secret values are blank here. */
  definition: Definition;
  secrets: Record<string, string>;
  source: Source;
  /** The buckets that this service itself created: the only ones that go with it. */
  buckets: string[];
  /** What was said about the declaration, once: unknown keys, what this executor cannot honour. */
  warnings: string[];
  declaredAt: number;
  /** Its servers are not to run, until it is started or declared anew. */
  stopped?: boolean;
  /** When its servers were last told to begin anew, in milliseconds since 1970. */
  restartedAt?: number;
}

/** What was asked of the servers of a service: differs when and only when something has to be done about them. */
export const standingOf = ({ stopped = false, restartedAt = 0 }: Pick<Service, 'stopped' | 'restartedAt'>): string =>
  `${stopped ? 'stopped' : 'running'} ${restartedAt}`;

/** A short hash over everything that a run of the service can notice. */
export function fingerprint(definition: Definition, secrets: Record<string, string>): string {
  // Where the platform's own store answers is no matter of the service, and may differ after a restart.
  const { default: _own, ...others } = definition.storage_providers.minio ?? {};
  const storage_providers = { ...definition.storage_providers, minio: others };
  const aside = { labels: {}, annotations: {}, visibility: '', allowed_users: [] };
  const noticed = { ...definition, ...aside, storage_providers, secrets };
  return createHash('sha256').update(JSON.stringify(noticed)).digest('hex').slice(0, 16);
}

/** A storage provider reference split as OSCAR does: at the first dot, type in lower case, id `default`. */
export function provider(reference: string): { type: string; id: string } {
  const dot = reference.indexOf('.');
  if (dot < 0) return { type: reference.toLowerCase(), id: 'default' };
  return { type: reference.slice(0, dot).toLowerCase(), id: reference.slice(dot + 1) || 'default' };
}

/** `bucket/some/folder` as bucket and folder; the folder is empty when there is none. */
export function splitPath(path: string): { bucket: string; folder: string } {
  const slash = path.indexOf('/');
  return slash < 0 ? { bucket: path, folder: '' } : { bucket: path.slice(0, slash), folder: path.slice(slash + 1) };
}

/** Does the service run a web server of its own (`expose`)? OSCAR: the first port is set and not 0. */
export const isExposed = (definition: Definition): boolean => (definition.expose.api_port?.[0] ?? 0) !== 0;

/** Where clients find an exposed service, below the API. */
export const exposedBase = (service: string): string => `/system/services/${service}/exposed`;

/** Is this folder in the platform's own store (`minio.default`)? */
export function isOwnStore(io: StorageIO): boolean {
  const { type, id } = provider(io.storage_provider);
  return type === 'minio' && id === 'default';
}
