import { isIP } from 'node:net';

/**
 * Whether a request's `Host` names us. A page on the internet can make a browser send requests to this machine under a
 * name of its own (DNS rebinding): such names are refused.
 */
export function ourHosts(bound: string, allowed: string[]): (host: string | undefined) => boolean {
  const names = new Set([bound, 'localhost', 'host.docker.internal', ...allowed].map((name) => name.toLowerCase()));
  return (host) => {
    if (host === undefined) return true;
    const name = withoutPort(host.toLowerCase());
    return (
      names.has(name) || name.endsWith('.localhost') || isLoopback(name) || (isWildcard(bound) && isIP(name) !== 0)
    );
  };
}

const withoutPort = (host: string): string =>
  host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');

const isLoopback = (name: string): boolean => name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));

/** Bound to every address, any of this machine's addresses is ours; names still have to be told. */
const isWildcard = (bound: string): boolean => bound === '0.0.0.0' || bound === '::';
