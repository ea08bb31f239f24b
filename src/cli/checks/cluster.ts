import { resolve } from 'node:path';
import type { Settings } from '../../config.ts';
import type { Check } from './check.ts';

/** Is it a cluster that services are to run in? */
export const wantsCluster = (settings: Pick<Settings, 'text'>): boolean =>
  ['kind', 'kubernetes'].includes(settings.text('executor') ?? '');

/** Can a cluster be made here, or used where it is? */
export const cluster: Check = {
  name: 'cluster',
  look: async ({ settings, around }) => {
    const environment = Object.fromEntries(
      Object.entries(around.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const { home } = around;
    if (settings.text('executor') === 'kind') {
      const { reportKind } = await import('../../daemon/executors/clusterreport.ts');
      const parts = settings.text('parts');
      return reportKind({ environment, home, dataDir: settings.dataDir, ...(parts ? { parts: resolve(parts) } : {}) });
    }
    const { reportKubernetes } = await import('../../daemon/executors/kubernetesreport.ts');
    return reportKubernetes({ environment, home, ...named(settings) });
  },
};

/** What the user has said of the cluster. */
function named(settings: Settings): Partial<Record<'kubeconfig' | 'context' | 'namespace', string>> {
  const given = (['kubeconfig', 'context', 'namespace'] as const).map((name) => [name, settings.text(name)]);
  return Object.fromEntries(given.filter(([, value]) => value));
}
