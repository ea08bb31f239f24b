import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster, Manifest } from '../../../../src/engine/cluster.ts';
import { findCluster } from '../../../../src/engine/kubeconfig.ts';
import { openCluster } from '../../../../src/engine/kubernetes.ts';
import { nameOf } from '../../../../src/executors/kubernetes/cluster/arrange.ts';
import { established } from '../../../../src/executors/kubernetes/cluster/conditions.ts';
import { planned } from '../../../../src/executors/kubernetes/cluster/installing.ts';
import { minioManifests } from '../../../../src/executors/kubernetes/cluster/minio.ts';
import type { ClusterOptions } from '../../../../src/executors/kubernetes/cluster/options.ts';
import { settled } from '../../../../src/executors/kubernetes/cluster/settled.ts';
import { type ApiServer, startApiServer } from '../../../kind/apiserver.ts';
import { manifestTexts, parse, template, templatesOf } from '../../../kind/cluster.ts';
import { hasParts } from '../../../kind/parts.ts';

const texts = manifestTexts();
const here = hasParts('kube-apiserver', 'etcd') && texts.length > 0;
const never = new AbortController().signal;

describe.skipIf(!here)('a real API server', () => {
  let server: ApiServer;
  let cluster: Cluster;
  beforeAll(async () => {
    server = await startApiServer();
    const around = { environment: {}, home: '/none' };
    cluster = await openCluster(
      await findCluster({ around, parse: (text) => parse(text)[0], text: server.kubeconfig }),
    );
  });
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
  });
  const taken = async (manifests: readonly Manifest[]) => {
    for (const manifest of manifests) {
      const { metadata } = await cluster.apply(manifest);
      expect(metadata.name, nameOf(manifest)).toBe(manifest.metadata.name);
    }
  };

  it('takes every manifest of Knative and Kourier, as it is fitted', async () => {
    const plan = planned(texts, { parse, templates: templatesOf() } as ClusterOptions, 5);
    await taken([...plan.definitions, ...plan.namespaces]);
    const where = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', look: established };
    await settled(cluster, { ...where, what: 'Knative', timeoutMs: 20_000 }, never);
    // Nobody serves these here, and all that comes after them would wait for that.
    const isHook = ({ kind }: Manifest) => kind.endsWith('WebhookConfiguration');
    const ordered = [plan.objects.filter((one) => !isHook(one)), plan.late, plan.objects.filter(isHook)];
    await taken(ordered.flat());
    expect(plan.objects.length).toBeGreaterThan(40);
  }, 60_000);

  it('takes the manifests of our own', async () => {
    const owner = { uid: 1000, gid: 1000 };
    const wanted = { image: 'minio:1', settings: { MINIO_ROOT_USER: 'me' }, startedAt: 5, owner };
    await taken(minioManifests(template('minio.yaml') as Manifest[], wanted));
    const inNamespace = (one: unknown) => {
      const manifest = one as Manifest;
      return { ...manifest, metadata: { ...manifest.metadata, namespace: 'oscar-svc' } };
    };
    await taken([...template('rights.yaml'), ...template('gateway-rights.yaml')].map(inNamespace));
  });
});
