import type { Manifest } from '../../../engine/cluster.ts';
import type { Service } from '../../../model/service.ts';
import { policyMark } from '../labels.ts';
import { objectOf } from './objects.ts';
import type { Settings } from './settings.ts';

/** The volume that a service makes; undefined when it has none, or uses one that is there. */
export function volumeClaim(service: Service, settings: Settings): Manifest | undefined {
  const { volume } = service.definition;
  if (!volume?.name || !volume.size) return undefined;
  const naming = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: volume.name, role: 'volume' } as const;
  const { metadata, ...kind } = objectOf(service, settings, naming);
  const { accessMode, storageClass } = settings.volumes;
  const marked = { 'oscar.grycap/managed-volume': 'true', ...policyMark(volume.lifecycle_policy ?? 'delete') };
  return {
    ...kind,
    metadata: { ...metadata, labels: { ...metadata.labels, ...marked } },
    spec: {
      accessModes: [accessMode],
      ...(storageClass ? { storageClassName: storageClass } : {}),
      resources: { requests: { storage: volume.size } },
    },
  };
}
