import type { Cluster } from '../../../engine/cluster.ts';
import { parseReference } from '../../../engine/reference.ts';
import { createTurns } from '../../../engine/turns.ts';
import { mapOf } from './tree.ts';

const kind = { apiVersion: 'v1', kind: 'ConfigMap' };
const place = { name: 'config-deployment', namespace: 'knative-serving' };
const key = 'registries-skipping-tag-resolving';
const turns = createTurns();

/**
 * Has Knative run images of this one's registry by their tags. It would ask the registry for a digest, and the node, which was
 * given the image, knows it by none.
 */
export const runByTag = (cluster: Cluster, image: string): Promise<void> =>
  turns(cluster.info.address, async () => {
    const registry = asKnativeSays(parseReference(image).registry);
    const found = await cluster.get({ ...kind, ...place });
    const data = mapOf(found?.data);
    const listed = String(data[key] ?? '').split(',');
    if (!found || listed.includes(registry)) return;
    await cluster.apply({
      ...kind,
      metadata: { ...place, labels: found.metadata.labels },
      data: { ...data, [key]: [...listed.filter(Boolean), registry].join(',') },
    });
  });

const asKnativeSays = (registry: string): string => (registry === 'docker.io' ? 'index.docker.io' : registry);
