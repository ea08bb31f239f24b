import type { IncomingMessage } from 'node:http';
import type { Log } from '../../log.ts';
import { isExposed, type Service } from '../../model/service.ts';
import type { People } from '../../oidc/people.ts';
import type { Services } from '../../store/services.ts';
import { type Answer, empty, hint, pageNotFound, text } from '../answer.ts';
import type { Credentials } from '../auth.ts';
import { forgeryOf } from '../gate.ts';
import { type Admission, admit, userOf } from './admission.ts';
import { backHeaders } from './back.ts';
import type { Passage } from './forward.ts';
import { navigation } from './navigation.ts';
import { onwardHeaders } from './onward.ts';
import type { ExposedPath } from './path.ts';

/** Where the instances of a service answer, or why they do not. */
export interface Reach {
  addresses: string[];
  state: string;
  /** A sentence. */
  reason?: string | undefined;
}

export interface ExposedParts {
  services: Services;
  /** The administrator's. */
  credentials: Credentials;
  /** Everyone else; absent where there is the administrator alone. */
  people?: People;
  isOurHost(host: string | undefined): boolean;
  /** Undefined when nothing of the service is here. */
  reach(service: string): Promise<Reach | undefined>;
  /** Told of every request that a service is sent. */
  visited(service: string): void;
  /** The port of exposed services. */
  port(): number;
  log: Log;
}

export interface Visit {
  request: IncomingMessage;
  path: ExposedPath;
  service: Service;
  admission: Admission;
  /** Came through the API's port. */
  onApi: boolean;
}

/** What a request gets that goes no further, or its way to the service. */
export type Way = { answer: Answer } | { visit: Visit; addresses: string[] };

/** OSCAR: there is no such path then; why not is beside it. */
const isNowhere = (sentence: string): Answer => ({
  ...pageNotFound,
  headers: { ...pageNotFound.headers, ...hint(sentence) },
});

/** What every request for a service passes: it must be there, wanted here, allowed and up. */
export async function findWay(
  parts: ExposedParts,
  request: IncomingMessage,
  { path, onApi }: { path: ExposedPath; onApi: boolean },
): Promise<Way> {
  if (isPreflight(request)) return { answer: empty(204) };
  const service = parts.services.get(path.service);
  if (!service) return { answer: isNowhere(`No service is called ${path.service}.`) };
  if (!isExposed(service.definition)) {
    return { answer: isNowhere(`${path.service} is not exposed: its definition has no expose.api_port.`) };
  }
  const elsewhere = navigation(request, { path, port: onApi ? parts.port() : 0, rewrite: rewrites(service) });
  const ended = elsewhere ?? (onApi ? forgeryOf(request) : undefined);
  if (ended) return { answer: ended };
  const user = await userOf(request.headers.authorization, parts.people);
  const admission = admit(request, { path, service, user }, parts);
  if (admission.refused) return { answer: admission.refused };
  const reach = await parts.reach(path.service);
  // Where no servers run at all, starting it is of no use.
  if (service.stopped && reach?.state !== 'unavailable') return { answer: isStopped(path.service) };
  if (reach && reach.addresses.length > 0) {
    return { visit: { request, path, service, admission, onApi }, addresses: reach.addresses };
  }
  return { answer: notReady(path.service, reach) };
}

const rewrites = ({ definition }: Service): boolean => definition.expose.rewrite_target;

const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/** What is told to the service, and how its answer is told to the client. */
export function passageTo(address: string, { request, path, service, admission, onApi }: Visit): Passage {
  const rewrite = rewrites(service);
  const hosts = [(request.headers.host ?? '').toLowerCase(), new URL(address).host];
  const ip = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return {
    address,
    url: `${rewrite ? path.base + path.rest : path.rest || '/'}${admission.search}`,
    headers: onwardHeaders(request, { ...admission, ip, ...(rewrite ? {} : { prefix: path.base }) }),
    back: (headers) => backHeaders(headers, { path, rewrite, hosts, cookie: admission.cookie, sandboxed: onApi }),
  };
}

const retry = { 'Retry-After': '1' };

/** 503 is what clients take for “not up yet”. */
function notReady(name: string, reach: Reach | undefined): Answer {
  const reason = reach ? (reach.reason ?? 'None of its instances is ready.') : 'It is not deployed yet.';
  return text(503, `${name} does not answer yet. ${reason}`, reach?.state === 'unavailable' ? {} : retry);
}

/** Not up, as before it was ready; and that does not change by itself. */
const isStopped = (name: string): Answer =>
  text(503, `${name} is stopped. POST /system/services/${name}/start starts it.`);

/** What a client gets whose request came to no answer. */
export function unanswered(name: string, error: NodeJS.ErrnoException | undefined): Answer {
  if (error?.code === 'ECONNREFUSED') return text(503, `${name} does not answer: nobody listens on its port.`, retry);
  return text(502, `${name} hung up before it had answered: ${error?.message ?? 'no reason was given'}.`);
}
