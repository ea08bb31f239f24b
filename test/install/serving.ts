import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a file: `cut` breaks off in the middle, `stuck` says no more from there on. */
export type Trouble = 'cut' | 'cut-once' | 'stuck' | { redirect: string };

export interface Serving {
  base: string;
  /** The files asked for, in order. */
  asked: string[];
  /** Ends when half of a file that is `stuck` has been sent. */
  stuck: Promise<void>;
  close(): Promise<void>;
}

export interface ServingOptions {
  troubles?: Record<string, Trouble>;
  /** With these it speaks TLS. */
  identity?: { key: string; cert: string };
}

/** Serves files on a port of this machine, each as `/name`; what is not among them is not found. */
export async function serve(
  file: (name: string) => Buffer | undefined,
  options: ServingOptions = {},
): Promise<Serving> {
  const { troubles = {}, identity } = options;
  const asked: string[] = [];
  const stuck = Promise.withResolvers<void>();
  const answer: RequestListener = (request, response) => {
    const name = decodeURIComponent(request.url ?? '').slice(1);
    const bytes = file(name);
    const trouble = troubles[name];
    if (trouble === 'cut-once' && asked.includes(name)) delete troubles[name];
    asked.push(name);
    if (typeof trouble === 'object') return response.writeHead(302, { location: trouble.redirect }).end();
    if (!bytes) return response.writeHead(404).end('not here\n');
    if (!troubles[name]) return response.end(bytes);
    sendHalf(response, bytes, () => (trouble === 'stuck' ? stuck.resolve() : response.destroy()));
  };
  const server = identity ? createSecureServer(identity, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `${identity ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stuck: stuck.promise,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function sendHalf(response: ServerResponse, bytes: Buffer, then: () => void): void {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), then);
}
