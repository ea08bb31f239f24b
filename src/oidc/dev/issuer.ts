import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../../log.ts';
import { type Account, accountsOf } from './accounts.ts';
import { readKept, writeKept } from './kept.ts';
import { createLogin } from './login.ts';
import { createTokens } from './tokens.ts';

export interface DevIssuerParts {
  /** What is kept from one start to the next: its port, its key and the users' passwords. */
  file: string;
  /** Has a server listen on this port, or on another that is free; answers which. */
  listen(server: Server, port: number): Promise<number>;
  /** A page on the internet can give this machine a name of its own: such names are turned away. */
  isOurHost(host: string | undefined): boolean;
  log: Log;
  now(): number;
}

/** An issuer of our own, with users to try things with. */
export interface DevIssuer {
  /** Its URL, by which its tokens name it. */
  url: string;
  accounts: readonly Account[];
  close(): void;
}

const realm = '/realms/sandbox';
const loginPath = `${realm}/login`;

/** Starts the issuer where it was before, if that port is free. */
export async function startDevIssuer({ file, listen, isOurHost, log, now }: DevIssuerParts): Promise<DevIssuer> {
  const kept = await readKept(file);
  const accounts = accountsOf(kept.passwords);
  const onFailure = (error: unknown) => log.error('the issuer failed', { error: String(error) });
  let answer: Answering = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => {
    if (isOurHost(request.headers.host)) answer(request, response);
    else response.writeHead(421, { 'Content-Type': 'text/plain' }).end('This is not one of my names.\n');
  });
  const port = await listen(server, kept.port ?? 0);
  if (port !== kept.port) await writeKept(file, { ...kept, port });
  const url = `http://127.0.0.1:${port}${realm}`;
  const tokens = createTokens({ ...kept, issuer: url, accounts, now });
  const { createProvider } = await import('./provider.ts');
  const provider = createProvider({ ...kept, issuer: url, accounts, tokens, loginPath, onFailure, now });
  const login = createLogin(provider, accounts);
  answer = routed(provider.callback(), (request, response) => {
    login(request, response).catch((error: unknown) => {
      onFailure(error);
      response.destroy();
    });
  });
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, accounts, close };
}

type Answering = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The provider knows the paths below its own URL alone. */
const routed =
  (provider: Answering, login: Answering): Answering =>
  (request, response) => {
    const path = request.url ?? '';
    if (path.startsWith(`${loginPath}/`)) return login(request, response);
    if (!path.startsWith(`${realm}/`)) return response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404\n');
    Object.assign(request, { originalUrl: path, url: path.slice(realm.length) });
    return provider(request, response);
  };
