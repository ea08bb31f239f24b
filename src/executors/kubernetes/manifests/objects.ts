import type { Manifest } from '../../../engine/cluster.ts';
import type { Service } from '../../../model/service.ts';
import { type Role, versionMark } from '../labels.ts';
import type { Settings } from './settings.ts';

/** OSCAR's labels of a service, and ours: what finds an object again. */
export function labelsOf(service: Service, { marks }: Settings, role: Role): Record<string, string> {
  return { ...service.definition.labels, ...marks.of(role, service.name), ...versionMark(service.fingerprint) };
}

/** The user's annotations, where there are any. */
export const annotationsOf = ({ definition }: Service): { annotations?: Record<string, string> } =>
  Object.keys(definition.annotations).length > 0 ? { annotations: definition.annotations } : {};

interface Naming {
  apiVersion: string;
  kind: string;
  name: string;
  role: Role;
}

/** An object of a service, before it says what it is about. */
export const objectOf = (service: Service, settings: Settings, { apiVersion, kind, name, role }: Naming): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: settings.namespace, labels: labelsOf(service, settings, role) },
});

/** The object, as one that goes when another does which is in the cluster already. */
export const ownedBy = (owner: Manifest, object: Manifest): Manifest => {
  const { apiVersion, kind } = owner;
  const { name, uid } = owner.metadata;
  return { ...object, metadata: { ...object.metadata, ownerReferences: [{ apiVersion, kind, name, uid }] } };
};
