import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { isIP } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Cluster } from '../../engine/cluster.ts';
import { SandboxError } from '../../model/errors.ts';

/** How an HTTP request gets to a service in a cluster. */
export interface CallWay {
  /** Ends with a slash. */
  url: string;
  headers: Record<string, string>;
  agent?: Agent;
}

export interface Gateway {
  namespace: string;
  /** What Knative puts behind the names of services: `knative.local`. */
  domain: string;
}

const hostOf = (service: string, { namespace, domain }: Gateway): string => `${service}.${namespace}.${domain}`;

/** Through a port of this machine that leads to the cluster's gateway. */
export const throughPort =
  (address: string, gateway: Gateway) =>
  (service: string): CallWay => ({ url: `${address}/`, headers: { host: hostOf(service, gateway) } });

/** Through the API server, to the Service of the cluster's gateway. */
export const throughServer =
  (cluster: Pick<Cluster, 'proxied'>, entrance: Parameters<Cluster['proxied']>[0], gateway: Gateway) =>
  (service: string): CallWay => {
    const { url, headers, agent } = cluster.proxied(entrance);
    return { url, headers: { ...headers, host: hostOf(service, gateway) }, agent };
  };

export interface Posted {
  query: string;
  headers: Record<string, string>;
  text: string;
}

export interface Answered {
  status: number;
  body: Buffer;
}

/** Posts to a service; throws `unavailable` when nobody takes it, and `failed` when the answer breaks off. */
export async function post(way: CallWay, posted: Posted, signal: AbortSignal): Promise<Answered> {
  let begun = false;
  try {
    const answer = await send(way, posted, signal);
    begun = true;
    return { status: answer.statusCode ?? 0, body: await buffer(answer) };
  } catch (cause) {
    signal.throwIfAborted();
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const unheard = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT'].includes(code);
    if (begun || !unheard) throw new SandboxError('failed', `The answer broke off: ${message}.`, { cause });
    throw new SandboxError('unavailable', `The gateway of the cluster does not answer at ${new URL(way.url).host}.`, {
      hint: 'Look whether the cluster runs and Kourier in it; `oscar-sandbox restart` brings back one that kind has made.',
      cause,
    });
  }
}

function send(way: CallWay, { query, headers, text }: Posted, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(way.url);
  url.search = query;
  const content = Buffer.from(text);
  // The name that a certificate is for is not the one that the service is asked for by.
  const servername = isIP(url.hostname) ? '' : url.hostname;
  const options = {
    method: 'POST',
    signal,
    headers: { ...headers, 'content-length': content.length, ...way.headers },
    // One that was kept may be closed in the very moment that it is used again, and a call is not sent twice.
    agent: way.agent ?? false,
  };
  const encrypted = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const asking = encrypted ? encryptedRequest(url, { ...options, servername }) : plainRequest(url, options);
    asking.on('response', resolve);
    asking.on('error', reject);
    asking.end(content);
  });
}

/** What the watchdog, or the way to it, says by itself. */
const unsent = new Set(
  ['Method', 'ContentLength', 'Content_Length', 'Path', 'Host', 'Query', 'Authorization', 'Connection', 'Keep_Alive']
    .concat(['Proxy_Authorization', 'Proxy_Connection', 'Te', 'Trailer', 'Transfer_Encoding', 'Upgrade', 'Expect'])
    .map((name) => `Http_${name}`),
);

/** The request's own headers, of which the watchdog makes the same variables again. */
export function headersOf(variables: Record<string, string>): Record<string, string> {
  const own = Object.entries(variables).filter(([name]) => name.startsWith('Http_') && !unsent.has(name));
  return Object.fromEntries(own.map(([name, value]) => [name.slice('Http_'.length).replaceAll('_', '-'), sent(value)]));
}

/** The bytes of a text, as Node wants those of a header. */
const sent = (value: string): string => Buffer.from(value).toString('latin1');
