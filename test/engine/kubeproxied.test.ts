import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Cluster, Way } from '../../src/engine/cluster.ts';
import { type ApiServer, startApiServer } from '../kind/apiserver.ts';
import { setStatus } from '../kind/node.ts';
import { hasParts } from '../kind/parts.ts';
import { allow, opened, openedByGuest } from './clusterscene.ts';

/** An API server goes to no pod on loopback. */
const host = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
if (!host) console.warn('Skipped: this machine has no address but loopback, where no pod can be.');

// What answers here stands in for a pod: everything between is real.
describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !host)('the way to a Service', () => {
  let server: ApiServer;
  let cluster: Cluster;
  let pod: Server;
  let way: Way;
  let finish = (): void => undefined;
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
    pod = createServer(async (asked, answer) => {
      const { method, url, headers } = asked;
      if (url === '/page') return void answer.setHeader('content-type', 'text/html').end('<a href="/next">next</a>');
      if (url === '/stream') {
        finish = () => void answer.end('last\n');
        return void answer.write('first\n');
      }
      answer
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ method, url, headers, body: await text(asked) }));
    });
    new WebSocketServer({ server: pod }).on('connection', (socket, { url }) =>
      socket.on('message', (words) => socket.send(`${url}: ${words}`)),
    );
    await new Promise<void>((resolve) => pod.listen(0, host, resolve));
    const { port } = pod.address() as { port: number };
    const metadata = { name: 'web', namespace: 'default' };
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ port: 80, targetPort: port }] },
    });
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { containers: [{ name: 'main', image: 'none' }] },
    });
    await setStatus(server, '/api/v1/namespaces/default/pods/web', { podIP: host, podIPs: [{ ip: host }] });
    // No controller finds out where the pods of the Service are.
    const addresses = [{ ip: host, targetRef: { kind: 'Pod', ...metadata } }];
    await cluster.apply({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: [{ addresses, ports: [{ port }] }] });
    way = cluster.proxied({ ...metadata, port: 80 });
  });
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
    pod?.closeAllConnections();
    await new Promise((resolve) => pod?.close(resolve));
  });

  interface Sent {
    method?: string;
    headers?: Record<string, string>;
    body?: Readable;
  }
  const ask = (path: string, { method = 'GET', headers = {}, body = Readable.from([]) }: Sent = {}, by = way) =>
    new Promise<{ status: number | undefined; body: Readable }>((resolve, reject) => {
      const options = { method, agent: by.agent, headers: { ...headers, ...by.headers } };
      const asked = request(by.url + path, options, (answer) => resolve({ status: answer.statusCode, body: answer }));
      asked.on('error', reject);
      body.pipe(asked);
    });

  it('brings method, path, query, headers and body', async () => {
    const { status, body } = await ask('a%20b/c?d=e%2Ff', {
      method: 'POST',
      headers: { 'x-mine': 'yes' },
      body: Readable.from(['all', ' of it']),
    });
    expect(status).toBe(200);
    expect(JSON.parse(await text(body))).toMatchObject({
      method: 'POST',
      url: '/a%20b/c?d=e%2Ff',
      headers: { 'x-mine': 'yes' },
      body: 'all of it',
    });
  });

  it('hands on an answer as it is made', async () => {
    const { body } = await ask('stream');
    const words = body.setEncoding('utf8')[Symbol.asyncIterator]();
    expect((await words.next()).value).toBe('first\n');
    finish();
    expect((await words.next()).value).toBe('last\n');
  });

  it('carries WebSockets', async () => {
    const socket = new WebSocket(`${way.url.replace('https:', 'wss:')}talk`, {
      agent: way.agent,
      headers: way.headers,
    });
    const heard = new Promise<string>((resolve, reject) => {
      socket.on('open', () => socket.send('hello'));
      socket.on('message', (words) => resolve(String(words)));
      socket.on('error', reject);
    });
    expect(await heard).toBe('/talk: hello');
    socket.close();
  });

  it('is put in front of absolute links in pages', async () => {
    const { body } = await ask('page');
    expect(await text(body)).toBe(`<a href="${new URL(way.url).pathname}next">next</a>`);
  });

  it('is open to whom it is allowed', async () => {
    const guest = await openedByGuest(server);
    const theirs = guest.proxied({ name: 'web', namespace: 'default', port: 80 });
    expect((await ask('', {}, theirs)).status).toBe(403);
    await allow(cluster, 'guest', { verbs: ['get'], resources: ['services/proxy'] });
    await expect.poll(async () => (await ask('', {}, theirs)).status).toBe(200);
    const { body } = await ask('', {}, theirs);
    // What opens the cluster is not shown to the pod.
    expect(JSON.parse(await text(body)).headers).not.toHaveProperty('authorization');
    guest.close();
  });

  it('leads nowhere when there is no such Service', async () => {
    const none = cluster.proxied({ name: 'none', namespace: 'default', port: 80 });
    expect((await ask('', {}, none)).status).toBe(404);
  });
});
