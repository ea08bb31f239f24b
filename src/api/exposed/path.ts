import { exposedBase } from '../../model/service.ts';

/** A request for an exposed service, by its path. */
export interface ExposedPath {
  service: string;
  /** Where the service lies: `/system/services/<name>/exposed`. */
  base: string;
  /** What follows, as it was sent: nothing, or something that begins with a slash. */
  rest: string;
  /** The query with its question mark, or nothing. */
  search: string;
}

/** Reads a request's URL; undefined when it is not for an exposed service, or leads out of it by `..`. */
export function exposedPath(url: string): ExposedPath | undefined {
  const found = /^\/system\/services\/([^/?]+)\/exposed(\/[^?]*)?(\?.*)?$/s.exec(url);
  const service = decoded(found?.[1] ?? '');
  if (!found || !service || service.includes('/')) return undefined;
  const [, , rest = '', search = ''] = found;
  return leadsOut(rest) ? undefined : { service, base: exposedBase(service), rest, search };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // No service has such a name.
    return undefined;
  }
}

function leadsOut(rest: string): boolean {
  let depth = 0;
  for (const part of rest.replace(/%2e/gi, '.').split('/').slice(1)) {
    if (part === '..') depth -= 1;
    else if (part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** The query without the parameters `token` that carry this very secret; all others stay as they were sent. */
export function withoutToken(search: string, secret: string): string {
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => new URLSearchParams(pair).get('token') !== secret);
  return kept.length > 0 && search ? `?${kept.join('&')}` : '';
}
