import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Answer, answerTo, isInternal, pageNotFound, send } from './answer.ts';
import { isAdmin, unauthorized } from './auth.ts';
import { createDoor, gate } from './gate.ts';
import { createListener, type RoutedRequest } from './http.ts';
import type { ApiParts } from './parts.ts';
import { recordCall } from './record.ts';
import type { Call, Route } from './route.ts';
import { allRoutes } from './routes/all.ts';

export type { ApiParts } from './parts.ts';

/** OSCAR's REST API and the sandbox's own routes, for a `node:http` server to listen with. */
export function createApi(parts: ApiParts): RequestListener {
  const door = createDoor(parts.isOurHost);
  const give = (response: ServerResponse, answer: Answer) =>
    send(response, answer).catch((error) => failed(error, response));

  const failed = (error: unknown, response: ServerResponse) => {
    const { url } = response.req;
    if (response.destroyed || response.headersSent) {
      // Too late for an answer: the client sees a cut one, or is gone itself.
      parts.log.debug('a request ended early', { url, reason: String(error) });
      response.destroy();
      return;
    }
    const stack = String((error as Error)?.stack ?? error);
    if (isInternal(error)) parts.log.error('a request failed', { url, error: stack });
    void send(response, answerTo(error));
  };

  const serve = async (route: Route, request: RoutedRequest, response: ServerResponse) => {
    const call = callOf(request, response);
    if (route.logged) recordCall(call, response, parts);
    const admitted = route.access === 'anyone' || isAdmin(request.headers.authorization, parts.credentials);
    await send(response, admitted ? await route.handle(call) : unauthorized);
  };

  return createListener({
    routes: allRoutes(parts),
    before: (request, response) => {
      const stopped = door(request, response);
      if (!stopped && parts.exposed.take(request, response)) return true;
      const answer = stopped ?? gate(request);
      if (answer) void give(response, answer);
      return answer !== undefined;
    },
    serve,
    notFound: (response) => void give(response, pageNotFound),
    failed,
  });
}

function callOf(request: RoutedRequest, response: ServerResponse): Call {
  const left = new AbortController();
  response.once('close', () => response.writableFinished || left.abort());
  return {
    request,
    params: request.params as Record<string, string>,
    query: new URLSearchParams((request.url ?? '').split('?').slice(1).join('?')),
    gone: left.signal,
    caller: { user: 'oscar', ip: addressOf(request) },
  };
}

/** IPv4 addresses as such, also where the socket speaks IPv6. */
const addressOf = ({ socket }: IncomingMessage): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
