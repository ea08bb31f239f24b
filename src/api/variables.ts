import { canonicalHeader } from './formats.ts';
import type { Call } from './route.ts';

/** Never handed to a script: whoever reads them could act as the caller. */
const secret = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** A call's headers and query as variables, as OSCAR's watchdog makes them. */
export function httpVariables({ request, caller, params }: Call): Record<string, string> {
  const { headers, headersDistinct, method = 'POST', url = '' } = request;
  const query = url.split('?').slice(1).join('?');
  const length = headers['transfer-encoding'] ? '-1' : (headers['content-length'] ?? '0');
  // Of a header that is sent twice, OSCAR's watchdog tells the first.
  const named = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    secret.has(name) || name === 'host' ? [] : [[variableName(name), bytesOf(values[0] ?? '')]],
  );
  const hops = [...(headersDistinct['x-forwarded-for'] ?? []), caller.ip];
  return Object.fromEntries([
    ...named.filter(([name]) => /^\w+$/.test(name ?? '')),
    ['Http_X_Forwarded_For', hops.join(', ')],
    ['Http_Method', method],
    ['Http_ContentLength', length],
    ['Http_Content_Length', length],
    // OSCAR: its proxy drops the path and names the service as the host.
    ['Http_Path', '/'],
    ['Http_Host', `${params.serviceName}.oscar-svc`],
    ...(query ? [['Http_Query', query]] : []),
  ]) as Record<string, string>;
}

const variableName = (header: string): string => `Http_${canonicalHeader(header).replaceAll('-', '_')}`;

/** Node reads header bytes as Latin-1; the script gets the bytes that were sent. */
const bytesOf = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');
