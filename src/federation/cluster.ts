import type { Cluster, Definition, Replica } from '../model/service.ts';
import { below, type Heard, type Sent, send } from './send.ts';

/** The cluster that a member is on, or why there is none. */
export function clusterOfMember({ clusters }: Definition, { cluster_id }: Replica): Cluster | string {
  const cluster = clusters?.[cluster_id];
  if (!cluster) return `cluster "${cluster_id}" not defined`;
  return cluster.endpoint.trim() === '' ? 'empty cluster endpoint' : cluster;
}

/** The name and password that a definition has for a cluster, as a header. */
export const basicOf = ({ auth_user, auth_password }: Cluster): string | undefined =>
  auth_user || auth_password ? `Basic ${Buffer.from(`${auth_user}:${auth_password}`).toString('base64')}` : undefined;

/**
 * Who asks another cluster: the user who asks here, else whom the definition names. The password of this sandbox is for
 * nobody else.
 */
export const authorization = (cluster: Cluster, caller: string | undefined): string | undefined =>
  caller?.startsWith('Bearer ') ? caller : basicOf(cluster);

export interface Asked extends Pick<Sent, 'method' | 'body'> {
  path: string;
  /** The header of who asks. */
  as: string | undefined;
  headers?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/** Nobody here waits longer for another cluster. OSCAR: 20 s. */
export const patienceMs = 20_000;

/** Asks the API of a cluster. */
export const askCluster = (
  cluster: Cluster,
  { path, as, headers, timeoutMs = patienceMs, ...rest }: Asked,
): Promise<Heard> =>
  send({
    ...rest,
    url: below(cluster.endpoint, path),
    headers: {
      ...headers,
      ...(as === undefined ? {} : { Authorization: as }),
      ...(rest.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    verify: cluster.ssl_verify,
    timeoutMs,
  });

/** The path of a member's service. */
export const serviceAt = ({ service_name }: Replica): string => `/system/services/${encodeURIComponent(service_name)}`;

/** What is wrong with an answer; nothing when it is a good one. */
export function trouble(heard: Heard): string | undefined {
  if (heard.kind !== 'answer') return `request failed: ${heard.why}`;
  return heard.status >= 200 && heard.status < 300 ? undefined : `cluster responded with status ${heard.status}`;
}
