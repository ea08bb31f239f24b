import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../src/engine/cluster.ts';
import {
  available,
  established,
  type Look,
  nodeReady,
  rolledOut,
} from '../../../../src/executors/kubernetes/cluster/conditions.ts';

const object = (status: object, spec: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name: 'any', generation: 2 },
  spec,
  status,
});
const up = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

const rows: [what: string, look: Look, seen: Manifest, missing: string | undefined][] = [
  ['a kind that is served', established, object({ conditions: [{ type: 'Established', status: 'True' }] }), undefined],
  ['a kind that is new', established, object({}), 'it is not served yet'],
  ['a node that is ready', nodeReady, object({ conditions: [{ type: 'Ready', status: 'True' }] }), undefined],
  [
    'a node that says why not',
    nodeReady,
    object({ conditions: [{ type: 'Ready', status: 'False', message: 'no network plugin' }] }),
    'no network plugin',
  ],
  ['a Deployment that is up', available, object(up), undefined],
  [
    'one that was not looked at since its change',
    available,
    object({ ...up, observedGeneration: 1 }),
    'its last change was not seen yet',
  ],
  ['one that is not up', available, object({ ...up, availableReplicas: 0 }), '0 of 1 pods are up'],
  [
    'one whose old pods still run',
    available,
    object({ ...up, replicas: 2, availableReplicas: 2 }),
    '2 of 1 pods are up',
  ],
  [
    'one that got stuck',
    available,
    object({ ...up, availableReplicas: 0, conditions: [{ type: 'Progressing', status: 'False', message: 'quota' }] }),
    'quota',
  ],
  [
    'a DaemonSet that is everywhere',
    rolledOut,
    object({ observedGeneration: 2, desiredNumberScheduled: 1, numberReady: 1 }),
    undefined,
  ],
  [
    'one that is nowhere yet',
    rolledOut,
    object({ observedGeneration: 2, desiredNumberScheduled: 0 }),
    '0 of 0 pods are up',
  ],
];

describe('what is missing of', () => {
  it.each(rows)('%s', (_what, look, seen, missing) => expect(look(seen)).toBe(missing));
});
