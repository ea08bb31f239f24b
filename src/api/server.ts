import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { withAccounts } from './accounts.ts';
import { isAnswer } from './admit.ts';
import { type Answer, answerTo, isInternal, pageNotFound, send, text } from './answer.ts';
import { personOf } from './auth.ts';
import { createDoor, gate } from './gate.ts';
import { createListener, type RoutedRequest } from './http.ts';
import type { ApiParts } from './parts.ts';
import { recordCall } from './record.ts';
import type { Call, Route } from './route.ts';
import { allRoutes } from './routes/all.ts';

export type { ApiParts } from './parts.ts';

/** OSCAR's REST API and the sandbox's own routes, for a `node:http` server to listen with. */
export function createApi(given: ApiParts): RequestListener {
  const parts = { ...given, people: withAccounts(given) };
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
    await send(response, await answerOf(route, call, parts));
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

async function answerOf(route: Route, call: Call, parts: ApiParts): Promise<Answer> {
  if (route.access === 'anyone') return route.handle(call);
  const person = await personOf(call.request.headers.authorization, parts);
  if (isAnswer(person)) return person;
  if (route.access === 'admin' && person.kind !== 'admin') return text(403, 'Only the administrator may ask for this.');
  return route.handle({ ...call, person });
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
