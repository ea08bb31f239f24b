import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What another cluster answers to a request: a status and a body; or nothing, and it hangs up. */
type Said = [status: number, body?: string] | 'nothing';
export type Says = (heard: Heard, count: number) => Said | Promise<Said>;

/** Another cluster, or an endpoint: an HTTP server that says what a test wants, and remembers what it heard. */
export async function startMember(says: Says) {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const { method = '', url: path = '', headers } = request;
    heard.push({ method, path, headers, body });
    const answer = await says({ method, path, headers, body }, heard.length);
    if (answer === 'nothing') request.socket.destroy();
    else response.writeHead(answer[0]).end(answer[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

export type FakeMember = Awaited<ReturnType<typeof startMember>>;
