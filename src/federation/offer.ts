import { clusterOf, type Handed, isOscar, type Parcel } from '../model/federation.ts';
import type { Cluster, Replica } from '../model/service.ts';
import { askCluster, basicOf, clusterOfMember, patienceMs, serviceAt } from './cluster.ts';
import { wrapped } from './parcel.ts';
import { type Heard, send } from './send.ts';

/** The tokens that services have on other clusters, where they have one of their own there. */
export type Tokens = Map<string, string>;

/** Offers a job to a member, and says what that one said to it. */
export async function offer(
  member: Replica,
  parcel: Parcel,
  { tokens, signal }: { tokens: Tokens; signal: AbortSignal },
): Promise<Handed> {
  const headers = {
    'Content-Type': 'application/json',
    'X-Delegated-Job-ID': parcel.id,
    'X-Delegated-From': clusterOf(parcel.service.definition),
    ...member.headers,
  };
  const body = wrapped(parcel);
  if (!isOscar(member)) {
    const { url, ssl_verify: verify } = member;
    return judged(
      await send({ url, method: 'POST', headers, body, verify, timeoutMs: patienceMs, signal }),
      200,
      parcel,
    );
  }
  const cluster = clusterOfMember(parcel.service.definition, member);
  if (typeof cluster === 'string') return { kind: 'refused', why: cluster };
  const ask = (as: string) =>
    askCluster(cluster, {
      method: 'POST',
      path: `/job/${encodeURIComponent(member.service_name)}`,
      as,
      headers,
      body,
      signal,
    });
  return judged(await asEither(ask, { cluster, member, parcel, tokens, signal }), 201, parcel);
}

interface Door {
  cluster: Cluster;
  member: Replica;
  parcel: Parcel;
  tokens: Tokens;
  signal: AbortSignal;
}

/**
 * As the one whom the definition names, or with the token, which a copy has from here. OSCAR takes nothing but tokens for
 * a job: whom the definition names may read the one that the service has there.
 */
async function asEither(ask: (as: string) => Promise<Heard>, door: Door): Promise<Heard> {
  const { cluster, member, parcel, tokens, signal } = door;
  const place = `${cluster.endpoint} ${member.service_name}`;
  const known = tokens.get(place);
  const basic = basicOf(cluster);
  const first = await ask(known ? `Bearer ${known}` : (basic ?? `Bearer ${parcel.service.definition.token}`));
  if (!isRefused(first) || basic === undefined) return first;
  tokens.delete(place);
  const found = await askCluster(cluster, { method: 'GET', path: serviceAt(member), as: basic, signal });
  const token = found.kind === 'answer' && found.status === 200 ? tokenIn(found.text) : undefined;
  if (token === undefined || token === known) return first;
  tokens.set(place, token);
  return ask(`Bearer ${token}`);
}

const isRefused = (heard: Heard): boolean => heard.kind === 'answer' && heard.status === 401;

function tokenIn(text: string): string | undefined {
  try {
    const { token } = JSON.parse(text) as { token?: unknown };
    return typeof token === 'string' && token !== '' ? token : undefined;
  } catch {
    // No service, so no token.
    return undefined;
  }
}

function judged(heard: Heard, expected: number, { id }: Parcel): Handed {
  if (heard.kind === 'unsent') return { kind: 'away', why: heard.why };
  if (heard.kind === 'silent') return { kind: 'unknown', why: heard.why };
  if (heard.status === expected || isThere(heard, id)) return { kind: 'taken' };
  // A gateway before it waited for it, in vain.
  return { kind: heard.status === 504 ? 'unknown' : 'refused', why: `it answered ${heard.status}` };
}

/** It has taken the job already, when its answer did not come through. OSCAR: a 500 with the words of Kubernetes. */
const isThere = ({ status, text }: Extract<Heard, { kind: 'answer' }>, id: string): boolean =>
  status === 409 || (status === 500 && text.includes(`"${id}" already exists`));
