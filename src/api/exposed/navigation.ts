import type { IncomingMessage } from 'node:http';
import { type Answer, empty } from '../answer.ts';
import type { ExposedPath } from './path.ts';

/** What makes a page, and with it an origin, of an answer. */
const pages = ['document', 'iframe', 'frame', 'embed', 'object', 'fencedframe'];

/** Will a browser show the answer as a page? On plain HTTP beyond this machine it says so less clearly. */
function isNavigation({ headers }: IncomingMessage): boolean {
  const destination = headers['sec-fetch-dest'];
  return destination === undefined ? headers['upgrade-insecure-requests'] === '1' : pages.includes(String(destination));
}

export interface Destination {
  path: ExposedPath;
  /** Pages are on this port; 0 when the request is there already. */
  port: number;
  rewrite: boolean;
}

/**
 * Where a browser has to go instead: a page of somebody else must not be one of the API's origin. And below its own
 * root a service's links lead where they should only when a slash ends the root's address.
 */
export function navigation(request: IncomingMessage, { path, port, rewrite }: Destination): Answer | undefined {
  if (!isNavigation(request)) return undefined;
  const bare = path.rest === '' && !rewrite;
  if (port === 0 && !bare) return undefined;
  const host = port === 0 ? '' : `http://${nameOf(request.headers.host)}:${port}`;
  return empty(307, { Location: `${host}${path.base}${bare ? '/' : path.rest}${path.search}` });
}

const nameOf = (host = 'localhost'): string => host.replace(/:\d*$/, '');
