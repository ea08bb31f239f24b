import { createHash } from 'node:crypto';
import type { Manifest } from '../../../engine/cluster.ts';
import { withStart } from './fitted.ts';
import { mapOf, mapsOf, type Tree } from './tree.ts';

/** What the MinIO of a cluster is filled in with. */
export interface MinioWanted {
  image: string;
  /** Its environment, secrets included. */
  settings: Record<string, string>;
  /** When the node was started. */
  startedAt: number;
  /** Whose the files in the data folder are; unknown where they lie on another machine. */
  owner?: { uid: number; gid: number };
}

/** Carried by the Deployment: another one means that its pod must be made anew. */
export const fingerprintOf = (wanted: MinioWanted): string =>
  createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16);

/** The manifests of MinIO from those of the template. */
export const minioManifests = (template: readonly Manifest[], wanted: MinioWanted): Manifest[] =>
  template.map((manifest) => {
    if (manifest.kind === 'Secret') return { ...manifest, stringData: wanted.settings };
    if (manifest.kind === 'Deployment') return withStart(filled(manifest, wanted), wanted.startedAt);
    return manifest;
  });

function filled(deployment: Manifest, wanted: MinioWanted): Manifest {
  const { image, owner } = wanted;
  const spec = mapOf(deployment.spec);
  const template = mapOf(spec.template);
  const pod = mapOf(template.spec);
  const containers = mapsOf(pod.containers).map((container) => ({ ...container, image }));
  const user: Tree = owner ? { securityContext: { runAsUser: owner.uid, runAsGroup: owner.gid } } : {};
  // A pod reads the Secret only when it starts.
  const annotations = { 'oscar-sandbox.fingerprint': fingerprintOf(wanted) };
  const metadata = { ...mapOf(template.metadata), annotations };
  return {
    ...deployment,
    spec: { ...spec, template: { ...template, metadata, spec: { ...pod, ...user, containers } } },
  };
}
