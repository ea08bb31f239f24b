import type { Manifest } from '../../../engine/cluster.ts';
import type { Service } from '../../../model/service.ts';
import { type ManagedVolume, volumeKey } from '../../../model/volume.ts';
import { policyMark } from '../labels.ts';
import { objectOf } from './objects.ts';
import type { Settings } from './settings.ts';

const kind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' } as const;

/** The volume that a service makes; undefined when it has none, or uses one that is there. */
export function volumeClaim(service: Service, settings: Settings): Manifest | undefined {
  const { volume, namespace } = service.definition;
  if (!volume?.name || !volume.size) return undefined;
  const name = volumeKey({ namespace, name: volume.name });
  const { metadata, ...object } = objectOf(service, settings, { ...kind, name, role: 'volume' });
  const labels = { ...metadata.labels, ...managed(volume.lifecycle_policy ?? 'delete') };
  return { ...object, metadata: { ...metadata, labels }, spec: specOf(volume.size, settings) };
}

/** A volume as it is on record, whoever attaches it. */
export const claimOf = (volume: ManagedVolume, settings: Settings): Manifest => ({
  ...kind,
  metadata: {
    name: volumeKey(volume),
    namespace: settings.namespace,
    labels: { ...settings.marks.of('volume', volume.maker), ...managed(volume.policy || 'retain') },
  },
  spec: specOf(volume.size, settings),
});

const managed = (policy: string): Record<string, string> => ({
  'oscar.grycap/managed-volume': 'true',
  ...policyMark(policy),
});

const specOf = (size: string, { volumes: { accessMode, storageClass } }: Settings) => ({
  accessModes: [accessMode],
  ...(storageClass ? { storageClassName: storageClass } : {}),
  resources: { requests: { storage: size } },
});
