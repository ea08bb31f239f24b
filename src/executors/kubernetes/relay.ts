import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
  type ServerResponse,
} from 'node:http';
import { request as encryptedRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Way } from '../../engine/cluster.ts';

const rawHeaders = ({ rawHeaders: words }: IncomingMessage): string =>
  words.map((word, at) => (at % 2 === 0 ? `${word}: ` : `${word}\r\n`)).join('');

function ask(way: Way, { method, url = '/', headers }: IncomingMessage) {
  const target = new URL(way.url);
  const start = target.protocol === 'https:' ? encryptedRequest : plainRequest;
  // What is compressed could not be put right on its way back.
  const { 'accept-encoding': _packed, host: _here, ...others } = headers;
  return start(target, {
    method,
    path: target.pathname.replace(/\/$/, '') + url,
    agent: way.agent,
    headers: { ...others, ...way.headers },
  });
}

/** The same for a connection that becomes a WebSocket. */
export function relayUpgrade(
  way: Way,
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
): void {
  const asking = ask(way, request);
  const end = () => {
    asking.destroy();
    socket.destroy();
  };
  socket.on('error', end);
  asking.on('error', end);
  asking.on('response', end);
  asking.on('upgrade', (answer: IncomingMessage, far: Duplex, first: Buffer) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(answer)}\r\n`);
    socket.write(first);
    far.write(head);
    far.on('error', end);
    socket.on('close', () => far.destroy());
    far.on('close', () => socket.destroy());
    far.pipe(socket).pipe(far);
  });
  asking.end();
}

/** Hands a request on by this way, and the answer back. */
export function relay(way: Way, request: IncomingMessage, response: ServerResponse): void {
  const asking = ask(way, request);
  const fail = (error: Error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`The cluster hung up: ${error.message}.\n`);
  };
  asking.on('error', fail);
  asking.on('response', (answer) => {
    answer.on('error', fail);
    bring(way, answer, response).catch(fail);
  });
  response.on('close', () => asking.destroy());
  request.pipe(asking);
}

/** Brings an answer as the service gave it: the API server has put its own way in front of paths in pages and redirections. */
async function bring(way: Way, answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const own = new URL(way.url).pathname.replace(/\/$/, '');
  const { location, 'content-length': length, ...others } = answer.headers;
  const headers: IncomingHttpHeaders = { ...others, ...(location ? { location: back(location, own) } : {}) };
  const status = answer.statusCode ?? 502;
  if (!/^text\/html\b/.test(headers['content-type'] ?? '')) {
    response.writeHead(status, { ...headers, ...(length ? { 'content-length': length } : {}) });
    response.flushHeaders();
    answer.pipe(response);
    return;
  }
  const page = (await buffer(answer)).toString('latin1').replaceAll(own, '');
  response.writeHead(status, headers).end(page, 'latin1');
}

const back = (location: string, own: string): string => {
  const path = location.replace(/^https?:\/\/[^/]+(?=\/)/, (origin) =>
    location.startsWith(origin + own) ? '' : origin,
  );
  return path.startsWith(own) ? path.slice(own.length) || '/' : location;
};
