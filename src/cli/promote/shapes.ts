import type { DefinitionInput } from '../../declare/schema.ts';
import { isBefore, type Version } from './version.ts';

/** A service as JSON: what is sent to a cluster, or what it answers. */
export type Body = Record<string, unknown>;

/** A service in the shape that a server takes, and the keys that it does not know. */
export interface Shaped {
  body: Body;
  left: Left[];
}

export interface Left {
  key: string;
  /** The first version that knows it. */
  since: string;
}

/** Which version was the first to know a key. All others are as old as what oscar-cli 1 speaks. */
const firsts: readonly [key: string, since: string][] = [
  ['environment.secrets', '3.4.0'],
  ['visibility', '3.6.0'],
  ['isolation_level', '3.6.0'],
  ['bucket_list', '3.6.0'],
  // Older ones have keys of their own there.
  ['storage_providers.rucio', '3.6.2'],
  ['volume', '4.0.0'],
  ['expose.probe_mode', '4.0.0'],
  ['expose.auth_type', '4.1.0'],
  ['ephemeral_storage_request', '4.1.0'],
  ['kserve', '4.1.0'],
  ['federation.topology', '4.1.0'],
  ['federation.group_id', '4.1.0'],
];

/** Written by the platform: a client that sends them has nothing to say. */
const readOnly = ['token', 'owner', 'namespace'];

/** A service for the cluster of this name, as oscar-cli would send it to a server of this version. */
export function shapedFor(input: DefinitionInput, cluster: string, version: Version): Shaped {
  const body = structuredClone(input) as Body;
  for (const key of readOnly) delete body[key];
  body.cluster_id = cluster;
  body.storage_providers = { ...input.storage_providers, minio: { ...input.storage_providers?.minio } };
  const left = firsts
    .filter(([key, since]) => isBefore(version, since) && take(body, key.split('.')))
    .map(([key, since]) => ({ key, since }));
  if (isBefore(version, '4.1.0')) {
    left.push(...singlePorts(body));
    flattenFederation(body);
  }
  if (isBefore(version, '3.4.0')) renameVariables(body);
  return { body, left };
}

const isMap = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Removes what is at a path; answers whether it said anything. */
function take(body: Body, [key = '', ...rest]: string[]): boolean {
  const value = body[key];
  if (rest.length > 0) return isMap(value) && take(value, rest);
  delete body[key];
  if (isMap(value) || Array.isArray(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Before 4.1 each is one number. */
function singlePorts({ expose }: Body): Left[] {
  if (!isMap(expose)) return [];
  return ['api_port', 'nodePort'].flatMap((key) => {
    const [first, ...others] = [expose[key] ?? []].flat();
    if (first === undefined) delete expose[key];
    else expose[key] = first;
    return others.length > 0 ? [{ key: `expose.${key} but for the first`, since: '4.1.0' }] : [];
  });
}

/** Before 4.1 its keys are those of the service, and the members are replicas. */
function flattenFederation(body: Body): void {
  const { federation } = body;
  delete body.federation;
  if (!isMap(federation)) return;
  const { members, delegation, rescheduler_threshold } = federation;
  Object.assign(body, { replicas: members, delegation, rescheduler_threshold });
}

function renameVariables({ environment }: Body): void {
  if (!isMap(environment)) return;
  environment.Variables = environment.variables;
  delete environment.variables;
}
