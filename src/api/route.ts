import type { IncomingMessage } from 'node:http';
import type { Answer } from './answer.ts';

/** One request on its way through a route. */
export interface Call {
  request: IncomingMessage;
  /** The path's parameters, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** Aborts when the client is gone before it has its answer. */
  gone: AbortSignal;
  /** How the call is told in `GET /system/logs`. */
  caller: { user: string; ip: string };
}

/** A row of the API: a request, who may make it, and what it gets. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete';
  path: string;
  /** `anyone`: no credentials, or the route asks for its own. */
  access: 'anyone' | 'admin';
  /** Calls of services are told in `GET /system/logs`. */
  logged?: boolean;
  handle(call: Call): Answer | Promise<Answer>;
}
