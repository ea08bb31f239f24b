import type { IncomingHttpHeaders } from 'node:http';
import { withoutConnection } from './onward.ts';
import type { ExposedPath } from './path.ts';
import { isOurCookie } from './tokens.ts';

export interface Back {
  path: ExposedPath;
  /** The service knows the whole path of its requests, and so writes whole ones itself. */
  rewrite: boolean;
  /** The names under which the service may speak of itself: the request's `Host`, and its own address. */
  hosts: string[];
  /** For the browser to keep. */
  cookie?: string | undefined;
  /** Anybody's page must not become one of the API's own. */
  sandboxed: boolean;
}

/**
 * The headers of a service's answer as its client gets them. All exposed services share one origin: so what a service
 * says for a path holds below its own alone.
 */
export function backHeaders(headers: IncomingHttpHeaders, back: Back): IncomingHttpHeaders {
  // Would clear what all the services of this origin have stored.
  const { 'clear-site-data': _cleared, location, 'set-cookie': cookies = [], ...others } = withoutConnection(headers);
  const kept = cookies.filter((cookie) => !isOurCookie(cookie)).map((cookie) => ownCookie(cookie, back));
  if (back.cookie) kept.push(back.cookie);
  const scope = others['service-worker-allowed'];
  const policy = others['content-security-policy'];
  return {
    ...others,
    ...(location === undefined ? {} : { location: back.rewrite ? location : ownLocation(location, back) }),
    ...(kept.length > 0 ? { 'set-cookie': kept } : {}),
    ...(scope === undefined ? {} : { 'service-worker-allowed': ownPath(String(scope), back) }),
    ...(back.sandboxed ? { 'content-security-policy': policy ? `${policy}, sandbox` : 'sandbox' } : {}),
  };
}

const isBelow = (path: string, base: string): boolean => path === base || path.startsWith(`${base}/`);

/** A path of the service as browsers know it: a service that knows where it is may have said so already. */
function ownPath(path: string, { path: { base }, rewrite }: Pick<Back, 'path' | 'rewrite'>): string {
  if (isBelow(path, base)) return path;
  return rewrite || path === '/' ? base : `${base}${path}`;
}

/** OSCAR's gateways leave these alone, which is why logins of services that know nothing of a prefix fail there. */
function ownLocation(location: string, { path: { base }, hosts }: Back): string {
  const [, origin = '', host = '', path = ''] = /^((?:https?:)?\/\/([^/?#]*))?(.*)$/is.exec(location) ?? [];
  if (origin && !hosts.includes(host.toLowerCase())) return location;
  if (!origin && !path.startsWith('/')) return location;
  const whole = path.startsWith('/') ? path : `/${path}`;
  const below = isBelow(whole.split(/[?#]/)[0] ?? '', base) ? whole : `${base}${whole}`;
  return host && host.toLowerCase() !== hosts[0] ? below : `${origin}${below}`;
}

/** A cookie that only this service's paths get back; a domain would give it to others. */
function ownCookie(cookie: string, back: Back): string {
  return cookie
    .split(';')
    .flatMap((part, index) => {
      const [, name = '', value = ''] = /^\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?$/s.exec(part) ?? [];
      if (index === 0) return [part];
      if (name.toLowerCase() === 'domain') return [];
      // What does not begin with a slash is as good as no path: browsers take the request's own.
      return name.toLowerCase() === 'path' && value.startsWith('/') ? [` Path=${ownPath(value, back)}`] : [part];
    })
    .join(';');
}
