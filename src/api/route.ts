import type { IncomingMessage } from 'node:http';
import type { Person } from '../model/person.ts';
import type { Answer } from './answer.ts';

/** One request on its way through a route. */
export interface Call {
  request: IncomingMessage;
  /** The path's parameters, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** Aborts when the client is gone before it has its answer. */
  gone: AbortSignal;
  /** How the call is told in `GET /system/logs`, and whose it is, when that is known for certain. */
  caller: { user: string; ip: string; uid?: string };
}

/** A call by someone who has shown who they are. */
export interface PersonalCall extends Call {
  person: Person;
}

interface Asked {
  method: 'get' | 'post' | 'put' | 'delete';
  path: string;
  /** Calls of services are told in `GET /system/logs`. */
  logged?: boolean;
}

interface OpenRoute extends Asked {
  /** No credentials, or the route asks for its own. */
  access: 'anyone';
  handle(call: Call): Answer | Promise<Answer>;
}

interface PersonalRoute extends Asked {
  /** `person`: the administrator and every user; what it answers may differ. */
  access: 'person' | 'admin';
  handle(call: PersonalCall): Answer | Promise<Answer>;
}

/** A row of the API: a request, who may make it, and what it gets. */
export type Route = OpenRoute | PersonalRoute;
