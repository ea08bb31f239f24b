import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';

/** What an app saw of a request. */
export interface Seen {
  /** The app's name. */
  app: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  trailers: Record<string, string>;
}

async function read(request: IncomingMessage): Promise<Omit<Seen, 'app'>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url = '', headers, trailers } = request;
  const body = Buffer.concat(chunks).toString();
  return { method, url, headers: headers as Seen['headers'], body, trailers: trailers as Seen['trailers'] };
}

/** A web server as a service may run one: it tells what it saw, and does what the query asks. */
export async function startApp(name: string) {
  const held: ServerResponse[] = [];
  const sockets = new Set<Socket>();
  const left: string[] = [];
  const started: string[] = [];

  const server = createServer({ requestTimeout: 0 }, async (request, response) => {
    const asked = new URL(request.url ?? '', 'http://app').searchParams;
    started.push(request.url ?? '');
    response.once('close', () => response.writableFinished || left.push(request.url ?? ''));
    for (const pair of asked.getAll('header')) response.appendHeader(...(pair.split('=>') as [string, string]));
    if (asked.has('hold')) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      held.push(response);
    } else if (asked.has('unix')) request.socket.end('HTTP/1.0 200 OK\nX-Lines: unix\n\nlines');
    else if (asked.has('hang-up')) request.socket.destroy();
    else if (asked.has('cut')) response.write('half an ans', () => request.socket.destroy());
    else if (asked.has('early')) response.writeHead(413).end('too much');
    else if (asked.has('mirror')) request.pipe(response);
    else {
      const seen = await read(request).catch(() => undefined);
      if (!seen) return;
      if (asked.has('trailer')) response.writeHead(200, { Trailer: 'X-Sum' });
      response.statusCode = Number(asked.get('status') ?? 200);
      response.write(JSON.stringify({ ...seen, app: name }));
      if (asked.has('trailer')) response.addTrailers({ 'X-Sum': '42' });
      response.end();
    }
  });
  const web = new WebSocketServer({ noServer: true });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.includes('refuse'))
      return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    if (request.url?.includes('hang-up')) return void socket.destroy();
    web.handleUpgrade(request, socket, head, (peer) => {
      peer.send(JSON.stringify({ url: request.url, headers: request.headers }));
      peer.on('message', (data, binary) => peer.send(data, { binary }));
      peer.on('close', (code) => left.push(`socket ${code}`));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { address: `http://127.0.0.1:${port}`, port, held, left, started, stop };
}

export type App = Awaited<ReturnType<typeof startApp>>;
