import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isOurCookie } from './tokens.ts';

/** Of one connection alone: never passed on. `Expect` was answered here. */
const ofThisConnection = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
];

/** The headers without those that concern one connection, by their names or because `Connection` lists them. */
export function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const listed = String(headers.connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    // How the body is framed is dealt with by the connections themselves.
    .filter((name) => name !== 'transfer-encoding' && name !== 'content-length');
  const dropped = new Set([...ofThisConnection, ...listed]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

export interface Onward {
  keepsAuthorization: boolean;
  /** What was cut off the path, if anything. */
  prefix?: string;
  /** The client's address. */
  ip: string;
}

/** The headers that a service gets: without our credentials, and with where the request came from. */
export function onwardHeaders({ headers }: IncomingMessage, { keepsAuthorization, prefix, ip }: Onward) {
  const { authorization, cookie, ...others } = withoutConnection(headers);
  const cookies = (cookie ?? '').split(';').filter((pair) => pair.trim() && !isOurCookie(pair));
  const kept = Object.entries(others).filter(([name]) => !/^(x-forwarded-|forwarded$|x-real-ip$)/.test(name));
  return {
    ...Object.fromEntries(kept),
    ...(authorization && keepsAuthorization ? { authorization } : {}),
    ...(cookies.length > 0 ? { cookie: cookies.map((pair) => pair.trim()).join('; ') } : {}),
    ...(isWebSocket(headers) ? { connection: 'Upgrade', upgrade: 'websocket' } : {}),
    'x-forwarded-for': ip,
    'x-real-ip': ip,
    'x-forwarded-host': headers.host ?? '',
    'x-forwarded-proto': headers['x-forwarded-proto'] === 'https' ? 'https' : 'http',
    ...(prefix ? { 'x-forwarded-prefix': prefix } : {}),
  };
}

/** Does the request ask for a WebSocket? */
export const isWebSocket = ({ connection = '', upgrade = '' }: IncomingHttpHeaders): boolean =>
  /(^|,)\s*upgrade\s*(,|$)/i.test(connection) && upgrade.toLowerCase() === 'websocket';
