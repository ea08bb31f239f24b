import type { RequestLine } from '../../store/requests.ts';
import { json, text } from '../answer.ts';
import { goDuration, isTrue, precise } from '../formats.ts';
import { oversees } from '../overseer.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';

/**
 * The calls of `/run` and `/job`, oldest first. The log goes on over restarts, so there is none of the run before:
 * `previous` changes nothing.
 */
export const systemLogRoutes = ({ store, people }: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/system/logs',
    access: 'person',
    handle: ({ query, person }) => {
      if (!oversees(person, people)) return text(403, 'OIDC tokens are not allowed for system logs');
      const stamped = isTrue(query.get('timestamps'));
      return json(200, { logs: store.requests.list().map((line) => entry(line, stamped)) });
    },
  },
];

function entry(line: RequestLine, stamped: boolean) {
  const { time, status, method, path, user } = line;
  const timestamp = precise(time);
  const latency = goDuration(line.latencyNs);
  // OSCAR's server log, field by field at its width.
  const raw = [
    `[GIN-EXECUTIONS-LOGGER] ${timestamp.slice(0, 10).replaceAll('-', '/')} - ${timestamp.slice(11, 19)}`,
    String(status).padStart(3),
    latency.padStart(13),
    line.clientIp,
    `${method.padEnd(7)} ${path}`,
    user,
  ].join(' | ');
  const prefix = stamped ? `${timestamp} ` : '';
  return { timestamp, status, latency, client_ip: line.clientIp, method, path, user, raw: prefix + raw };
}
