import type { Manifest } from '../../../engine/cluster.ts';
import { mapOf, mapsOf, textOf } from './tree.ts';

/** Looks at an object: undefined when it is as it should be, else what is missing, for people. */
export type Look = (object: Manifest) => string | undefined;

/** Is a custom kind served? */
export const established: Look = (definition) =>
  isTrue(definition, 'Established') ? undefined : (said(definition, 'NamesAccepted') ?? 'it is not served yet');

/** Is a node ready for pods? */
export const nodeReady: Look = (node) =>
  isTrue(node, 'Ready') ? undefined : (said(node, 'Ready') ?? 'it is not ready yet');

/** Does a Deployment run as it is declared now, and not as it was? */
export const available: Look = (deployment) => {
  const { replicas: wanted = 1 } = mapOf(deployment.spec);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = mapOf(deployment.status);
  if (!isObserved(deployment)) return 'its last change was not seen yet';
  const counts = [updatedReplicas, availableReplicas].every((count) => Number(count) >= Number(wanted));
  if (counts && Number(replicas) <= Number(updatedReplicas)) return undefined;
  return said(deployment, 'Progressing', 'False') ?? `${availableReplicas} of ${wanted} pods are up`;
};

/** Does a DaemonSet run on all nodes that it is meant for, and on one at least? */
export const rolledOut: Look = (daemonSet) => {
  const { desiredNumberScheduled = 0, numberReady = 0 } = mapOf(daemonSet.status);
  if (!isObserved(daemonSet)) return 'its last change was not seen yet';
  if (Number(desiredNumberScheduled) > 0 && Number(numberReady) >= Number(desiredNumberScheduled)) return undefined;
  return `${numberReady} of ${desiredNumberScheduled} pods are up`;
};

const isObserved = ({ metadata, status }: Manifest): boolean =>
  Number(mapOf(status).observedGeneration ?? 0) >= Number(metadata.generation ?? 0);

const conditionOf = ({ status }: Manifest, type: string) =>
  mapsOf(mapOf(status).conditions).find((condition) => condition.type === type);

const isTrue = (object: Manifest, type: string): boolean => conditionOf(object, type)?.status === 'True';

function said(object: Manifest, type: string, only?: string): string | undefined {
  const condition = conditionOf(object, type);
  if (!condition || (only !== undefined && condition.status !== only)) return undefined;
  return textOf(condition.message) || undefined;
}
