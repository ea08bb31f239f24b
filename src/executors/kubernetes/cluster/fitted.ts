import type { Manifest } from '../../../engine/cluster.ts';
import { mapOf, mapsOf, type Tree } from './tree.ts';

/** Keys and values for ConfigMaps, by the name of the ConfigMap. */
export type Settings = Record<string, Record<string, string>>;

// Nothing counts what it would scale by, and one replica allows no disruption.
const unfit = ['HorizontalPodAutoscaler', 'PodDisruptionBudget'];

/** What they are fitted to. */
export interface Fit {
  settings: Settings;
  /** The port of the node that calls come in by. */
  gatewayPort: number;
  /** When the node was started. */
  startedAt: number;
}

/** The manifests of Knative and Kourier as a cluster of one small node can run them, set as we need them. */
export const fitted = (manifests: readonly Manifest[], { settings, gatewayPort, startedAt }: Fit): Manifest[] =>
  manifests
    .filter(({ kind }) => !unfit.includes(kind))
    .map((manifest) => {
      const { kind, metadata } = manifest;
      if (kind === 'ConfigMap' && metadata.name === 'kourier-bootstrap') return atHome(manifest);
      if (kind === 'ConfigMap') return withSettings(manifest, settings[metadata.name]);
      if (kind === 'Deployment') return lean(withStart(manifest, startedAt));
      if (kind === 'Service' && metadata.name === 'kourier') return published(manifest, gatewayPort);
      return manifest;
    });

/** Its name as it is would be looked for outside, too, every few seconds; a full one is not. */
const atHome = (manifest: Manifest): Manifest => ({
  ...manifest,
  data: Object.fromEntries(
    Object.entries(mapOf(manifest.data)).map(([name, text]) => [
      name,
      String(text).replaceAll(
        /(?<=address: *"?net-kourier-controller\.knative-serving)(?=["\s])/g,
        '.svc.cluster.local.',
      ),
    ]),
  ),
});

// Beside `_example`, which carries a checksum.
const withSettings = (manifest: Manifest, settings: Record<string, string> = {}): Manifest =>
  Object.keys(settings).length === 0 ? manifest : { ...manifest, data: { ...mapOf(manifest.data), ...settings } };

/**
 * After its node was off, a Deployment says for a while that all is well, as it was. With the start of the node in it, it is
 * another one then: its pods are made anew, without waiting for those that failed meanwhile, and what it says is true.
 */
export function withStart(manifest: Manifest, startedAt: number): Manifest {
  const spec = mapOf(manifest.spec);
  const template = mapOf(spec.template);
  const metadata = mapOf(template.metadata);
  const annotations = { ...mapOf(metadata.annotations), 'oscar-sandbox.started': String(startedAt) };
  return { ...manifest, spec: { ...spec, template: { ...template, metadata: { ...metadata, annotations } } } };
}

/** What it asks for ahead would fill a node of two processors alone; what it may take at most stays. */
function lean(manifest: Manifest): Manifest {
  const spec = mapOf(manifest.spec);
  const template = mapOf(spec.template);
  const pod = mapOf(template.spec);
  const containers = mapsOf(pod.containers).map(leanContainer);
  return { ...manifest, spec: { ...spec, template: { ...template, spec: { ...pod, containers } } } };
}

function leanContainer(container: Tree): Tree {
  const all = { ...container };
  const resources = mapOf(all.resources);
  if (resources.requests) all.resources = { ...resources, requests: { ...mapOf(resources.requests), cpu: '10m' } };
  for (const probe of ['readinessProbe', 'livenessProbe']) {
    if (Number(mapOf(all[probe]).initialDelaySeconds) > 1) {
      all[probe] = { ...mapOf(all[probe]), initialDelaySeconds: 1 };
    }
  }
  // It is looked at less often than it is waited for.
  if (all.readinessProbe) all.readinessProbe = { ...mapOf(all.readinessProbe), periodSeconds: 1 };
  return all;
}

/** Kind has nothing that would give a LoadBalancer its address: the gateway is on a port of the node. */
function published(manifest: Manifest, nodePort: number): Manifest {
  const spec = mapOf(manifest.spec);
  const ports = mapsOf(spec.ports).map((port) => (port.name === 'http2' ? { ...port, nodePort } : port));
  return { ...manifest, spec: { ...spec, type: 'NodePort', ports } };
}
