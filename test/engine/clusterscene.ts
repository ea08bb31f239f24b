import { load } from 'js-yaml';
import { describe } from 'vitest';
import type { Change, Cluster, Manifest, Watcher } from '../../src/engine/cluster.ts';
import { findCluster } from '../../src/engine/kubeconfig.ts';
import { openCluster } from '../../src/engine/kubernetes.ts';
import { type ApiServer, freePorts, guestToken } from '../kind/apiserver.ts';
import { hasParts } from '../kind/parts.ts';
import { createWay } from './place.ts';

/** Tests that need an API server; where its programs are not, they are skipped, and say so. */
export const describeWithServer = describe.skipIf(!hasParts('kube-apiserver', 'etcd'));

/** Looks around in an empty home. */
export const lookup = { around: { environment: {}, home: '/nowhere' }, parse: (text: string) => load(text) };

/** The cluster of a kubeconfig. */
export const opened = async (text: string): Promise<Cluster> => openCluster(await findCluster({ ...lookup, text }));

/** The same cluster for a user who may do nothing yet. */
export const openedByGuest = (server: ApiServer): Promise<Cluster> =>
  opened(server.kubeconfigFor({ token: guestToken }));

/** The same cluster, at the end of a way that can be cut. */
export async function openedBehind(server: ApiServer) {
  const host = '127.0.0.1';
  const port = Number(new URL(server.address).port);
  const [near] = await freePorts();
  const way = await createWay({ port: near, host }, { port, host });
  const cluster = await opened(server.kubeconfig.replace(`:${port}`, `:${near}`));
  return {
    cluster,
    /** Does something while the way is cut. */
    gap: async (change: () => Promise<unknown>) => {
      await way.cut();
      await change();
      await way.mend();
    },
    close: () => {
      cluster.close();
      return way.close();
    },
  };
}

/** An object to try things with. */
export const note = (name: string, data: Record<string, string> = {}, namespace = 'default'): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { note: 'yes' } },
  data,
});

export const notes = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', labels: { note: 'yes' } };

export const named = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' });

/** Lets a user do something, as the hint of a refusal says. */
export async function allow(
  cluster: Cluster,
  user: string,
  rule: { verbs: string[]; resources: string[] },
): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: `may-${rule.verbs.join('-')}`, namespace: 'default' };
  await cluster.apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: [{ apiGroups: [''], ...rule }] });
  await cluster.apply({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
  });
}

/** Keeps what a watch tells: a word for each change, and how often it was complete. */
export function createRecord() {
  const changes: Change[] = [];
  const record = { changes, listings: 0 };
  const on: Watcher = {
    change: (change) => void changes.push(change),
    synced: () => {
      record.listings += 1;
    },
  };
  const words = () =>
    changes.map(({ kind, object: { metadata, data } }) => `${kind} ${metadata.name} ${JSON.stringify(data)}`);
  return { on, words, record };
}
