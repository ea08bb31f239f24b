import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Answer, answerTo, isInternal, pageNotFound, send } from '../answer.ts';
import { createDoor } from '../gate.ts';
import { isWebSocket } from './onward.ts';
import { exposedPath } from './path.ts';
import { createVisits } from './visits.ts';
import type { ExposedParts } from './way.ts';

/** The way to the web servers that services run (`expose`), through the API's port and through one of its own. */
export interface Exposed {
  /** Takes a request on the API's port if it is for an exposed service; answers whether it did. */
  take(request: IncomingMessage, response: ServerResponse): boolean;
  /** For the server of their own port, where nothing else is. */
  listener: RequestListener;
  /** Is this request to become a WebSocket of an exposed service? */
  upgrades(request: IncomingMessage): boolean;
  /** Takes a connection for which `upgrades` said yes. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends the WebSockets that are open. */
  close(): void;
}

export function createExposed(parts: ExposedParts): Exposed {
  const { log } = parts;
  const door = createDoor(parts.isOurHost);
  const visits = createVisits(parts);

  const give = (response: ServerResponse, answer: Answer) =>
    send(response, answer).catch((error) => log.debug('a client of a service left', { reason: String(error) }));
  const answerFor = (error: unknown): Answer => {
    if (isInternal(error)) log.error('a request for a service failed', { error: String((error as Error).stack) });
    return answerTo(error);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse, onApi: boolean): Promise<void> => {
    const path = exposedPath(request.url ?? '');
    const answer = path ? await visits.web(request, response, { path, onApi }).catch(answerFor) : pageNotFound;
    if (!answer) return;
    if (response.headersSent) response.destroy();
    else await give(response, answer);
  };
  const open = async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    const refuse = (answer: Answer) => void give(responseOn(socket, request), answer);
    const strange = door(request, new ServerResponse(request));
    const path = exposedPath(request.url ?? '');
    if (strange || !path) return refuse(strange ?? pageNotFound);
    await visits.socket({ request, socket, head }, path, refuse).catch((error) => refuse(answerFor(error)));
  };

  return {
    take: (request, response) => {
      if (!exposedPath(request.url ?? '')) return false;
      void serve(request, response, true);
      return true;
    },
    listener: (request, response) => {
      const answer = door(request, response);
      void (answer ? give(response, answer) : serve(request, response, false));
    },
    upgrades: (request) => isWebSocket(request.headers) && exposedPath(request.url ?? '') !== undefined,
    upgrade: (request, duplex, head) => {
      // So the server says of every connection over TCP.
      const socket = duplex as Socket;
      socket.on('error', (error) => log.debug('a WebSocket broke', { reason: String(error) }));
      void open(request, socket, head);
    },
    close: visits.close,
  };
}

/** An answer on a connection that was to become a WebSocket, and ends with it. */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  return response;
}
