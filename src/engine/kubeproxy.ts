import { SandboxError } from '../model/errors.ts';
import type { ClusterPlace } from './kubeconfig.ts';

const variables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'];

/** The proxy on the way to a cluster, in the words of the environment; undefined when none is told. */
export function proxyFor({ address, proxy, environment, context, foundBy }: ClusterPlace) {
  if (proxy && !/^https?:/.test(proxy)) {
    throw new SandboxError('invalid', `The context ${context} of ${foundBy} goes through ${proxy}.`, {
      hint: 'Only proxies of http and https are known here.',
    });
  }
  if (proxy) return { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  // kubectl: this machine is never behind a proxy.
  if (/^(localhost|127\..*|\[::1\])$/.test(new URL(address).hostname)) return undefined;
  const told = variables.flatMap((name) => (environment[name] ? [[name, environment[name]]] : []));
  return told.length > 0 ? (Object.fromEntries(told) as Record<string, string>) : undefined;
}
