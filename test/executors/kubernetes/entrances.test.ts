import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Cluster } from '../../../src/engine/cluster.ts';
import { createEntrances, type Entrances } from '../../../src/executors/kubernetes/entrances.ts';
import { post, throughServer } from '../../../src/executors/kubernetes/ways.ts';
import { opened } from '../../engine/clusterscene.ts';
import { type ApiServer, startApiServer } from '../../kind/apiserver.ts';
import { setStatus } from '../../kind/node.ts';
import { hasParts } from '../../kind/parts.ts';

/** An API server goes to no pod on loopback. */
const host = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
if (!host) console.warn('Skipped: this machine has no address but loopback, where no pod can be.');

const page = '<html><head></head><body><a href="/next">next</a></body></html>';

// What answers here stands in for a pod: everything between is real.
describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !host)('the entrance of an exposed service', () => {
  let server: ApiServer;
  let cluster: Cluster;
  let pod: Server;
  let entrances: Entrances;
  let address = '';
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
    pod = createServer(async (asked, answer) => {
      const { method, url, headers } = asked;
      if (url === '/page') return void answer.setHeader('content-type', 'text/html').end(page);
      if (url === '/moved') return void answer.writeHead(302, { location: '/next' }).end();
      const body = await text(asked);
      answer
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ method, url, mine: headers['x-mine'], host: headers.host, body }));
    });
    new WebSocketServer({ server: pod }).on('connection', (socket, { url }) =>
      socket.on('message', (words) => socket.send(`${url}: ${words}`)),
    );
    await new Promise<void>((resolve) => pod.listen(0, host, resolve));
    await place((pod.address() as AddressInfo).port);
    entrances = createEntrances({ cluster, namespace: 'default' });
    await entrances.open('web');
    address = entrances.addresses('web')[0] ?? '';
  }, 90_000);
  afterAll(async () => {
    await entrances?.closeAll();
    cluster?.close();
    await server?.stop();
    pod?.closeAllConnections();
    pod?.close();
  });

  /** The Service of an exposed service, and a pod behind it: no controller would find that out. */
  async function place(port: number): Promise<void> {
    const metadata = { name: 'web-svc', namespace: 'default' };
    const ports = [{ port: 80, targetPort: port }];
    await cluster.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } });
    const spec = { containers: [{ name: 'main', image: 'none' }] };
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    await setStatus(server, '/api/v1/namespaces/default/pods/web-svc', { podIP: host, podIPs: [{ ip: host }] });
    const addresses = [{ ip: host, targetRef: { kind: 'Pod', ...metadata } }];
    await cluster.apply({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: [{ addresses, ports: [{ port }] }] });
  }

  it('hands a request on, and the answer back', async () => {
    const answer = await fetch(`${address}/a/b?c=1`, { method: 'PUT', headers: { 'x-mine': 'yes' }, body: 'hello' });
    expect(await answer.json()).toMatchObject({ method: 'PUT', url: '/a/b?c=1', mine: 'yes', body: 'hello' });
  });

  it('brings pages and redirections as they were', async () => {
    expect(await (await fetch(`${address}/page`)).text()).toBe(page);
    const moved = await fetch(`${address}/moved`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/next']);
  });

  it('opens WebSockets', async () => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/talk`);
    const heard = new Promise((resolve) => socket.once('message', (words) => resolve(String(words))));
    socket.once('open', () => socket.send('hello'));
    expect(await heard).toBe('/talk: hello');
    socket.close();
  });

  it('is passed by calls under the name of their service, where the gateway is reached through the API server', async () => {
    const entrance = { name: 'web-svc', namespace: 'default', port: 80 };
    const way = throughServer(cluster, entrance, { namespace: 'oscar-svc', domain: 'knative.local' });
    const posted = { query: 'a=1', headers: { 'x-mine': 'yes' }, text: 'aGVsbG8=' };
    const { status, body } = await post(way('demo'), posted, new AbortController().signal);
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toEqual({
      method: 'POST',
      url: '/?a=1',
      mine: 'yes',
      host: 'demo.oscar-svc.knative.local',
      body: 'aGVsbG8=',
    });
  });

  it('is gone when it is closed', async () => {
    await entrances.open('other');
    const [other] = entrances.addresses('other');
    await entrances.close('other');
    expect(entrances.addresses('other')).toEqual([]);
    await expect(fetch(`${other}/`)).rejects.toThrow();
  });
});
