import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../../../../src/engine/cluster.ts';
import { runByTag } from '../../../../src/executors/kubernetes/cluster/digests.ts';
import { describeWithServer, opened } from '../../../engine/clusterscene.ts';
import { type ApiServer, startApiServer } from '../../../kind/apiserver.ts';
import { template } from '../../../kind/cluster.ts';

const key = 'registries-skipping-tag-resolving';

describeWithServer('an image that the node was given', () => {
  const metadata = { name: 'config-deployment', namespace: 'knative-serving', labels: { kept: 'label' } };
  let server: ApiServer;
  let cluster: Cluster;
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'knative-serving' } });
    const data = { [key]: 'dev.local,index.docker.io', other: 'kept' };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  });
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
  });
  const now = () => cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', ...metadata });

  it('is run by its tag: Knative asks none of their registries for a digest', async () => {
    const images = ['one.example/a', 'two.example:5000/b:1', 'one.example/c', 'ubuntu', 'dev.local/user:1'];
    await Promise.all(images.map((image) => runByTag(cluster, image)));
    expect(await now()).toMatchObject({
      metadata: { labels: { kept: 'label' } },
      data: { [key]: 'dev.local,index.docker.io,one.example,two.example:5000', other: 'kept' },
    });
  });

  it('is of a registry that is on the list from the start, as a rule', () => {
    const [settings] = template('settings.yaml') as Record<string, Record<string, string>>[];
    expect(settings?.['config-deployment']?.[key]?.split(',')).toEqual(
      expect.arrayContaining(['kind.local', 'index.docker.io', 'ghcr.io', 'quay.io']),
    );
  });
});
