import { createApiServer } from './apiserver.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterPlace } from './kubeconfig.ts';
import { createObjects } from './objects.ts';
import { followLogs } from './podlogs.ts';
import { follow } from './watching.ts';

/**
 * Speaks with a cluster; throws `unavailable` when it does not answer. The package for it brings a client for each kind:
 * here every kind is asked for in the same way, as its server says.
 */
export async function openCluster(place: ClusterPlace, { now = Date.now } = {}): Promise<Cluster> {
  const api = createApiServer(place, now);
  const { address, context, namespace } = place;
  const version = { method: 'GET', path: '/version', about: { verb: 'tell', kind: 'its version' } } as const;
  const { gitVersion } = await api.json<{ gitVersion: string }>(version);
  const { listing, ...objects } = createObjects(api, namespace);
  return {
    info: { version: gitVersion, address, context, namespace },
    ...objects,
    watch: async (where, on, signal) => follow({ ...(await listing(where)), on, signal }),
    logs: (container, onLine, signal) => followLogs({ api, container, onLine, signal }),
    proxied: ({ name, namespace: space, port }) => {
      const service = `${encodeURIComponent(name)}:${port}`;
      return api.way(`/api/v1/namespaces/${encodeURIComponent(space)}/services/${service}/proxy/`);
    },
    close: () => api.close(),
  };
}
