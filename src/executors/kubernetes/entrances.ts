import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cluster, Way } from '../../engine/cluster.ts';
import { exposedNames } from './manifests/names.ts';
import { relay, relayUpgrade } from './relay.ts';

/** Ports of this machine that lead to exposed services, through the API server. */
export interface Entrances {
  /** Opens one for a service, unless it has one. */
  open(service: string): Promise<void>;
  /** Where it is; nowhere until it is open. */
  addresses(service: string): string[];
  close(service: string): Promise<void>;
  closeAll(): Promise<void>;
}

export interface EntrancesParts {
  cluster: Pick<Cluster, 'proxied'>;
  namespace: string;
}

/** None is open yet. */
export function createEntrances({ cluster, namespace }: EntrancesParts): Entrances {
  const opened = new Map<string, Promise<Server>>();
  const ports = new Map<string, number>();
  const wayTo = (service: string) => () =>
    cluster.proxied({ name: exposedNames(service).service, namespace, port: 80 });
  const close = async (service: string): Promise<void> => {
    const server = await opened.get(service);
    opened.delete(service);
    ports.delete(service);
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return {
    open: async (service) => {
      const opening = opened.get(service) ?? listening(wayTo(service));
      opened.set(service, opening);
      opening.catch(() => opened.delete(service));
      ports.set(service, ((await opening).address() as AddressInfo).port);
    },
    addresses: (service) => [ports.get(service)].flatMap((port) => (port ? [`http://127.0.0.1:${port}`] : [])),
    close,
    closeAll: async () => void (await Promise.all([...opened.keys()].map(close))),
  };
}

/** The cluster's certificates and credentials are taken anew for each request: they may change. */
async function listening(way: () => Way): Promise<Server> {
  const server = createServer({ requestTimeout: 0 }, (request, response) => relay(way(), request, response));
  server.on('upgrade', (request, socket, head) => relayUpgrade(way(), request, { socket, head }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
