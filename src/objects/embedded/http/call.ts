import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import type { Access } from '../signing/access.ts';
import type { Requester } from '../writes.ts';

/** One request that is allowed: what it is about, who asks, and the way to answer. */
export interface Call {
  core: Core;
  request: IncomingMessage;
  response: ServerResponse;
  /** Empty when the request is about all buckets; the key when it is about a bucket. */
  bucket: string;
  key: string;
  query: URLSearchParams;
  /** As they were sent, and those that a signed link carries in its query. */
  headers: IncomingHttpHeaders;
  by: Requester;
  /** How the body was signed; nothing when nobody signed it. */
  access: Access | undefined;
}

/** Answers one kind of request. */
export type Handler = (call: Call) => void | Promise<void>;

/** Handlers by method and, where there is one, the subresource that the query names: `GET tagging`. */
export type Routes = Record<string, Handler>;
