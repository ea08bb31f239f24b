import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request as encryptedRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../model/errors.ts';
import { type Asked, refusal, silence } from './answers.ts';
import type { Way } from './cluster.ts';
import { createIdentities, type Identity } from './identity.ts';
import type { ClusterPlace } from './kubeconfig.ts';
import { proxyFor } from './kubeproxy.ts';

export interface Question {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/api/v1/namespaces/default/pods` */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Of the body; JSON, unless told otherwise. */
  type?: string;
  about: Asked;
  signal?: AbortSignal;
}

/** An API server, and the user who asks it. */
export interface ApiServer {
  json<T>(question: Question): Promise<T>;
  /** An answer that comes as it is made; only its beginning has a time limit. */
  stream(question: Question): Promise<IncomingMessage>;
  way(path: string): Way;
  close(): void;
}

const patienceMs = 60_000;
const tries = 4;

/** Asks an API server; every refusal and every silence is a SandboxError. */
export function createApiServer(place: ClusterPlace, now: () => number): ApiServer {
  const identities = createIdentities(place, now);
  const agents = createAgents(place);
  const begin = async (question: Question): Promise<IncomingMessage> => {
    for (let left = tries; ; left--) {
      const identity = await identities.current();
      const response = await send({ question, place, identity, agent: agents.of(identity) });
      const { statusCode = 0, headers } = response;
      if (statusCode >= 200 && statusCode < 300) return response;
      const answer = { status: statusCode, text: await text(response).catch(() => '') };
      // One that has run out was still taken for good; one that was refused twice is.
      const outdated = statusCode === 401 && left === tries;
      if (outdated) identities.forget(identity);
      else if (statusCode !== 429 || left <= 1) throw refusal(answer, question.about, place);
      else
        await pause(Math.min(Number(headers['retry-after']) || 1, 5) * 1_000, undefined, { signal: question.signal });
    }
  };
  return {
    stream: begin,
    json: async <T>(question: Question) => {
      const { signal } = question;
      // A program that gives credentials may wait for its user.
      await identities.current();
      const limit = AbortSignal.timeout(patienceMs);
      const response = await begin({ ...question, signal: signal ? AbortSignal.any([signal, limit]) : limit });
      return parsed<T>(await text(response).catch((cause) => Promise.reject(silence(cause, place))), place);
    },
    way: (path) => {
      const identity = identities.last();
      // What has run out is got anew meanwhile; why it cannot be is told to the next who asks.
      identities.current().catch(() => undefined);
      return { url: place.address + path, headers: identity.headers, agent: agents.of(identity) };
    },
    close: () => agents.close(),
  };
}

function parsed<T>(body: string, place: ClusterPlace): T {
  try {
    return JSON.parse(body) as T;
  } catch (cause) {
    throw new SandboxError('unavailable', `What answers at ${place.address} is no API server.`, {
      hint: `Compare the address with ${place.foundBy}.`,
      cause,
    });
  }
}

/** Connections are kept for the next question with the same certificate; those that are used then live on. */
function createAgents(place: ClusterPlace) {
  const made = new Map<string, Agent | PlainAgent>();
  const of = (identity: Identity): Agent | PlainAgent => {
    const by = identity.certificate?.toString() ?? '';
    const agent = made.get(by) ?? agentFor(place, identity);
    made.set(by, agent);
    return agent;
  };
  const close = () => {
    for (const agent of made.values()) agent.destroy();
  };
  return { of, close };
}

function agentFor(place: ClusterPlace, { certificate, key }: Identity): Agent | PlainAgent {
  const proxyEnv = proxyFor(place);
  const kept = { keepAlive: true, keepAliveMsecs: 30_000, ...(proxyEnv ? { proxyEnv } : {}) };
  if (place.address.startsWith('http:')) return new PlainAgent(kept);
  return new Agent({
    ...kept,
    rejectUnauthorized: !place.insecure,
    ...(place.ca ? { ca: place.ca } : {}),
    ...(place.serverName ? { servername: place.serverName } : {}),
    ...(certificate ? { cert: certificate } : {}),
    ...(key ? { key } : {}),
  });
}

interface Sent {
  question: Question;
  place: ClusterPlace;
  identity: Identity;
  agent: Agent | PlainAgent;
}

async function send(sent: Sent): Promise<IncomingMessage> {
  const { question, place } = sent;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patienceMs);
  const signal = question.signal ? AbortSignal.any([question.signal, late.signal]) : late.signal;
  try {
    return await answered(sent, signal);
  } catch (cause) {
    if (late.signal.aborted) throw silence(new Error(`nothing came within ${patienceMs / 1_000} s`), place);
    throw silence(cause, place);
  } finally {
    clearTimeout(timer);
  }
}

function answered(sent: Sent, signal: AbortSignal): Promise<IncomingMessage> {
  const { question } = sent;
  return new Promise((resolve, reject) => {
    const asking = ask(sent, signal);
    asking.on('response', resolve);
    asking.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed a connection that was kept, just when it was used again: nobody has heard the question.
      const unheard = asking.reusedSocket && error.code === 'ECONNRESET' && question.method !== 'POST';
      if (unheard && !signal.aborted) answered(sent, signal).then(resolve, reject);
      else reject(error);
    });
  });
}

function ask({ question, place, identity, agent }: Sent, signal: AbortSignal): ClientRequest {
  const { method, path, query = {}, body, type = 'application/json' } = question;
  const url = new URL(place.address + path);
  url.search = new URLSearchParams(query).toString();
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const described = content ? { 'content-type': type, 'content-length': content.length } : {};
  const headers = { accept: 'application/json', 'user-agent': 'oscar-sandbox', ...described, ...identity.headers };
  const start = url.protocol === 'http:' ? plainRequest : encryptedRequest;
  return start(url, { method, agent, headers, signal }).end(content);
}
