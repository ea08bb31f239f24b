import { loadYaml } from '../../declare/yaml.ts';
import { findCluster } from '../../engine/kubeconfig.ts';
import type { KubernetesWishes } from '../options.ts';

/** The cluster that a user means. */
export const findPlaceOf = ({ file, context, namespace }: KubernetesWishes, environment: Record<string, string>) =>
  findCluster({
    around: { environment, home: environment.HOME ?? '/' },
    parse: (text) => loadYaml(text)[0],
    ...(file === undefined ? {} : { file }),
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
  });
