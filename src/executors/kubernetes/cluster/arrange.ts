import type { Manifest } from '../../../engine/cluster.ts';
import { mapOf, textOf } from './tree.ts';

/** Manifests in the order in which a server takes them. */
export interface Arranged {
  /** Custom kinds: everything else waits until they are served. */
  definitions: Manifest[];
  namespaces: Manifest[];
  objects: Manifest[];
  /** Objects of the custom kinds, which a webhook of these very manifests has to admit. */
  late: Manifest[];
}

/** Puts what release files hold into order; what stands in several of them counts once, as in the last. */
export function arranged(manifests: readonly Manifest[]): Arranged {
  const once = [...new Map(manifests.map((manifest) => [nameOf(manifest), manifest])).values()];
  const definitions = once.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const groups = new Set(definitions.map(({ spec }) => textOf(mapOf(spec).group)));
  const isLate = ({ apiVersion }: Manifest) => groups.has(apiVersion.split('/')[0]);
  return {
    definitions,
    namespaces: once.filter(({ kind }) => kind === 'Namespace'),
    objects: once.filter((one) => !['CustomResourceDefinition', 'Namespace'].includes(one.kind) && !isLate(one)),
    late: once.filter(isLate),
  };
}

/** Tells objects apart: `apps/v1 Deployment knative-serving/webhook`. */
export const nameOf = ({ apiVersion, kind, metadata }: Manifest): string =>
  `${apiVersion} ${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
