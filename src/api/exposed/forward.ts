import { Agent, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createProxyServer } from 'httpxy';

/** One request on its way to a service. */
export interface Passage {
  /** The service's, `http://127.0.0.1:32768`. */
  address: string;
  /** The path and query that the service gets. */
  url: string;
  headers: IncomingHttpHeaders;
  back(headers: IncomingHttpHeaders): IncomingHttpHeaders;
}

/** Hands requests on to services, both ways as they come: nothing is held back. */
export interface Forward {
  /** Resolves when the answer is out or its client is gone, or with what went wrong before an answer began. */
  web(request: IncomingMessage, response: ServerResponse, passage: Passage): Promise<Error | undefined>;
  /** The same for a WebSocket; `refuse` hears at once what went wrong, before the connection ends. */
  socket(upgrade: Upgrade, passage: Passage, refuse: (error: Error) => void): Promise<void>;
  /** Ends the WebSockets that are open. */
  close(): void;
}

/** A connection that is to become a WebSocket. */
export interface Upgrade {
  request: IncomingMessage;
  socket: Socket;
  head: Buffer;
}

interface Journey {
  back: Passage['back'];
  failed(error: Error): void;
}

export function createForward(): Forward {
  const proxy = createProxyServer();
  const agent = createAgent();
  const journeys = new WeakMap<IncomingMessage, Journey>();
  const open = new Set<Socket>();

  proxy.on('error', (error, request) => request && journeys.get(request)?.failed(error));
  proxy.on('proxyReq', (onward, request) => request.once('end', () => addTrailers(onward, request)));
  proxy.on('proxyRes', (answer, request, response) => {
    answer.headers = journeys.get(request)?.back(answer.headers) ?? answer.headers;
    if (!response.shouldKeepAlive) answer.headers.connection = 'close';
    answer.once('end', () => addTrailers(response, answer));
    // An event stream has begun when its headers are there, not with its first event.
    queueMicrotask(() => response.headersSent || response.destroyed || response.flushHeaders());
  });

  proxy.on('proxyReqWs', (onward, request, socket) => {
    const back = journeys.get(request)?.back ?? ((headers) => headers);
    socket.once('close', () => onward.destroy());
    onward.once('response', (answer) => {
      answer.headers = back(answer.headers);
    });
    onward.once('upgrade', (answer, other) => {
      const { connection, upgrade } = answer.headers;
      answer.headers = { ...back(answer.headers), connection, upgrade };
      socket.once('close', () => other.destroy());
    });
  });

  return {
    web: async (request, response, passage) => {
      let failure: Error | undefined;
      const failed = (error: Error) => {
        failure ??= error;
      };
      journeys.set(request, { back: passage.back, failed });
      await proxy.web(moved(request, passage), response, { target: passage.address, agent, ssl: lenient() });
      return response.headersSent || response.destroyed ? undefined : failure;
    },
    socket: async ({ request, socket, head }, passage, refuse) => {
      const written = socket.bytesWritten;
      // Once it is open, what goes wrong is a matter of those who speak.
      const failed = (error: Error) => socket.bytesWritten > written || refuse(error);
      journeys.set(request, { back: passage.back, failed });
      open.add(socket);
      const { address } = passage;
      await proxy
        .ws(moved(request, passage), socket, { target: address, agent: false, ssl: lenient() }, head)
        .finally(() => open.delete(socket));
    },
    close: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

/**
 * A connection a request: one that was kept may be closed by the service in the very moment that it is used again. That
 * it will be closed is not said: a service that then hangs up on a body that it did not read takes its answer with it.
 */
function createAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  agent.maxFreeSockets = 0;
  return agent;
}

/** Servers of a few lines of shell end their lines as Unix does. What goes on from here is written anew, and strictly. */
const lenient = () => ({ insecureHTTPParser: true });

function moved(request: IncomingMessage, { url, headers }: Passage): IncomingMessage {
  request.url = url;
  request.headers = headers;
  return request;
}

/** Fields that follow a body, such as a checksum. */
function addTrailers(to: { addTrailers(fields: NodeJS.Dict<string>): void }, { trailers }: IncomingMessage): void {
  if (Object.keys(trailers).length > 0) to.addTrailers(trailers);
}
