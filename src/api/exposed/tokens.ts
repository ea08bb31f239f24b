import type { IncomingHttpHeaders } from 'node:http';
import { exposedBase } from '../../model/service.ts';
import { sameText } from '../auth.ts';

/** OSCAR: the cookies that carry service tokens; no other cookie of a request is ours. */
const prefix = 'oscar_service_';

const cookieName = (service: string): string => `${prefix}${service.replaceAll('-', '_')}_auth`;

/** Is a cookie of this name ours? */
export const isOurCookie = (name: string): boolean => name.trim().startsWith(prefix);

/** The service's token as a browser's cookie gives it back. */
export const cookieToken = ({ cookie = '' }: IncomingHttpHeaders, service: string): string | undefined => {
  const start = `${cookieName(service)}=`;
  const pair = cookie.split(';').find((one) => one.trim().startsWith(start));
  return pair?.trim().slice(start.length);
};

/** The cookie by which a browser keeps the service's token, for the service's own paths alone. */
export function tokenCookie(service: string, token: string, headers: IncomingHttpHeaders): string {
  const secure = headers['x-forwarded-proto'] === 'https' ? ' Secure;' : '';
  return `${cookieName(service)}=${token}; Path=${exposedBase(service)}; HttpOnly;${secure} SameSite=Lax`;
}

/** Is one of these the token? Says so in the same time whichever it is. */
export const holdsToken = (given: (string | null | undefined)[], token: string): boolean =>
  given.filter((one) => one != null && one.length === 64 && sameText(one, token)).length > 0;

/** What an `Authorization` header says: the whole text of a bearer, or name and password. */
export type Said = { scheme: 'bearer'; secret: string } | { scheme: 'basic'; user: string; secret: string };

/** Reads an `Authorization` header; undefined when it is neither a bearer nor Basic. */
export function said(header = ''): Said | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(.*)$/is.exec(header.trim()) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', secret: value.trim() };
  if (!scheme) return undefined;
  const [, user = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, 'base64').toString()) ?? [];
  return { scheme: 'basic', user, secret };
}
