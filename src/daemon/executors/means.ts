import type { DaemonOptions } from '../options.ts';
import type { Found, Means } from '../place.ts';
import type { Surroundings } from '../surroundings.ts';

/** A container engine of this user, or why there is none. */
export async function findEngine({ engineEnvironment: environment }: DaemonOptions): Promise<Found> {
  const { connect } = await import('../../engine/connect.ts');
  return connect({ environment });
}

/** How this daemon comes by the places where services run; the signal calls off what takes long. */
export const createMeans = (options: DaemonOptions, around: Surroundings, signal: AbortSignal): Means => ({
  find: () => findEngine(options),
  kind: async (engine) => {
    const { openKind } = await import('./kind.ts');
    const { log, now, tell } = around;
    return openKind({ options, engine, onLine: tell.cluster, signal, log, now });
  },
  kubernetes: async () => {
    const { openKubernetes } = await import('./kubernetes.ts');
    return openKubernetes(options);
  },
});
