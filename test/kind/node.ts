import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Cluster } from '../../src/engine/cluster.ts';
import type { ApiServer } from './apiserver.ts';
import { createAuthority } from './certificates.ts';

/** What a container has said. */
interface Spoken {
  /** Of nine digits after the point, as nodes tell it. */
  at: string;
  words: string;
}

/** A node that runs nothing: the API server takes from it what the containers of its pods are told to have said. */
export interface StandInNode {
  name: string;
  say(...spoken: Spoken[]): void;
  /** Breaks the connections on which somebody follows, in the middle of a line that is said later. */
  interrupt(half: string): void;
  /** Those who follow have heard all. */
  end(): void;
  /** How often somebody began to read, and from which time on. */
  readings: (string | null)[];
  close(): Promise<void>;
}

/** Starts a node and makes it known to a cluster. */
export async function startNode(cluster: Cluster, name: string): Promise<StandInNode> {
  const folder = mkdtempSync(join(tmpdir(), 'node-'));
  const { certificate, key } = createAuthority(folder).server(name);
  const spoken: Spoken[] = [];
  const following = new Set<ServerResponse>();
  const readings: (string | null)[] = [];
  let over = false;
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (asked, answer) => {
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'https://node');
    if (!pathname.startsWith('/containerLogs/')) return void answer.writeHead(404).end();
    readings.push(searchParams.get('sinceTime'));
    // A node knows full seconds.
    const since = Date.parse(searchParams.get('sinceTime') ?? '') || 0;
    answer.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
    answer.flushHeaders();
    for (const one of spoken.filter(({ at }) => Date.parse(at) >= since)) answer.write(lineOf(one));
    if (over) return void answer.end();
    following.add(answer);
    answer.on('close', () => following.delete(answer));
  });
  // One that has not been greeted yet is no connection to the server.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await cluster.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  });
  return {
    name,
    readings,
    say: (...more) => {
      spoken.push(...more);
      for (const answer of following) answer.write(more.map(lineOf).join(''));
    },
    interrupt: (half) => {
      for (const answer of following) answer.write(half, () => answer.destroy());
      following.clear();
    },
    end: () => {
      over = true;
      for (const answer of following) answer.end();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const lineOf = ({ at, words }: Spoken): string => `${at} ${words}`;

/** Sets what only a node or a controller says of an object. */
export async function setStatus(server: ApiServer, path: string, status: object): Promise<void> {
  const { users, clusters } = JSON.parse(server.kubeconfig);
  const decoded = (value: string) => Buffer.from(value, 'base64');
  const { user } = users[0];
  const options = {
    method: 'PATCH',
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
    ca: decoded(clusters[0].cluster['certificate-authority-data']),
    headers: { 'content-type': 'application/merge-patch+json' },
    agent: false,
  };
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${server.address}${path}/status`, options, async (answer) => {
      const said = await text(answer);
      if (answer.statusCode === 200) resolve();
      else reject(new Error(said));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ status }));
  });
}
