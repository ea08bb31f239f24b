import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKey, type PrivateKey, publicHalf, sign } from '../../src/oidc/jwt.ts';

/** What an issuer answers to one path; nothing keeps the asker waiting. */
type Answer = { status?: number; body: string; headers?: Record<string, string> } | undefined;

/** An issuer that does what a test wants. */
export async function startStandin(realm = '/realms/lab') {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const bearers: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (request.headers.authorization) bearers.push(request.headers.authorization);
    if (!answers.has(path)) return void response.writeHead(404).end();
    const answer = answers.get(path);
    if (answer) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0);
  const url = `http://127.0.0.1:${port}${realm}`;
  const key = await createKey('one');
  const answer = (path: string, value: unknown) => answers.set(`${realm}${path}`, { body: JSON.stringify(value) });
  const publish = (...keys: PrivateKey[]) => answer('/certs', { keys: keys.map(publicHalf) });
  answer('/.well-known/openid-configuration', {
    issuer: url,
    jwks_uri: `${url}/certs`,
    userinfo_endpoint: `${url}/userinfo`,
  });
  publish(key);
  return {
    url,
    key,
    /** The paths that were asked for. */
    asked,
    bearers,
    answer,
    /** Any answer to a path, or none at all. */
    raw: (path: string, given: Answer) => void answers.set(`${realm}${path}`, given),
    publish,
    /** A token of somebody who says all that there is to know. */
    token: (claims: Record<string, unknown> = {}, by: PrivateKey = key) =>
      sign({ iss: url, sub: 'ada', name: 'Ada', groups: ['lab'], exp: seconds() + 60, ...claims }, by),
    leave: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    comeBack: () => listen(port),
  };
}

export type Standin = Awaited<ReturnType<typeof startStandin>>;

/** Now, as tokens count. */
export const seconds = (): number => Math.floor(Date.now() / 1_000);
