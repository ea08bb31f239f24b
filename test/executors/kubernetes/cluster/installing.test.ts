import { describe, expect, it } from 'vitest';
import type { Cluster, Manifest } from '../../../../src/engine/cluster.ts';
import { nameOf } from '../../../../src/executors/kubernetes/cluster/arrange.ts';
import { createInstalling } from '../../../../src/executors/kubernetes/cluster/installing.ts';
import type { ClusterOptions } from '../../../../src/executors/kubernetes/cluster/options.ts';

const one = (apiVersion: string, kind: string, namespace: string, name: string): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});
const objects = [
  one('apps/v1', 'Deployment', 'knative-serving', 'net-kourier-controller'),
  one('apps/v1', 'Deployment', 'kourier-system', 'the-gateway'),
  one('v1', 'Service', 'kourier-system', 'kourier'),
];
const late = [one('caching.internal.knative.dev/v1alpha1', 'Image', 'knative-serving', 'queue-proxy')];

describe('the installing of Knative and Kourier', () => {
  it('has the gateway begin last, when there is a name server to ask for its controller', async () => {
    const applied: string[] = [];
    const apply: Cluster['apply'] = async (manifest) => {
      applied.push(nameOf(manifest));
      return manifest;
    };
    const plan = { definitions: [], namespaces: [], objects, late };
    const parts = { now: () => 0 } as ClusterOptions;
    const installing = createInstalling({ apply } as Cluster, plan, parts, new AbortController().signal);
    await installing.install();
    expect(applied.splice(0)).toEqual([
      'apps/v1 Deployment knative-serving/net-kourier-controller',
      'v1 Service kourier-system/kourier',
    ]);
    await installing.installRest();
    expect(applied).toEqual([
      'caching.internal.knative.dev/v1alpha1 Image knative-serving/queue-proxy',
      'apps/v1 Deployment kourier-system/the-gateway',
    ]);
  });
});
