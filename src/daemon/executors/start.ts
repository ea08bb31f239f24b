import type { DockerExecutor } from '../../executors/docker/docker.ts';
import type { KubernetesExecutor } from '../../executors/kubernetes/kubernetes.ts';
import { createLocal, type Local } from '../../executors/local.ts';
import { isFinal } from '../../model/invocation.ts';
import type { VolumeRef } from '../../model/volume.ts';
import { openElsewhere } from '../../objects/elsewhere/open.ts';
import { guarded } from '../../objects/guarded.ts';
import { dataId, places } from '../files.ts';
import type { DaemonOptions } from '../options.ts';
import type { Place } from '../place.ts';
import type { Storage } from '../storage.ts';
import type { Surroundings } from '../surroundings.ts';

export interface ExecutorParts {
  options: DaemonOptions;
  around: Surroundings;
  storage: Storage;
  place: Place;
  onChange(): void;
}

/** An executor that runs; some have a place for volumes. */
export type Running = (Local | DockerExecutor | KubernetesExecutor) & Partial<Pick<DockerExecutor, 'volumes'>>;

/** The executor that was decided for. */
export async function startExecutor(parts: ExecutorParts): Promise<Running> {
  const { options, around, storage, place, onChange } = parts;
  const { store, buckets } = storage;
  const common = {
    buckets: guarded(buckets, store),
    elsewhere: openElsewhere,
    folder: places(options.dataDir).work,
    runTimeoutSeconds: options.runTimeout,
    jobTimeoutSeconds: options.jobTimeout,
    recorded: (ref: VolumeRef) => {
      const volume = store.volumes.get(ref);
      return volume?.leaving ? undefined : volume;
    },
    log: around.log,
    now: around.now,
  };
  const isWanted = (task: string) => !isFinal(store.invocations.get(task)?.state ?? 'Failed');
  if (place.ground) {
    const { demandReadable } = common.buckets;
    const keysOf = (uid: string) => {
      const secretKey = buckets.knowsUsers() ? store.accounts.secretOf(uid) : undefined;
      return secretKey === undefined ? undefined : { accessKey: uid, secretKey };
    };
    return place.ground.start(buckets.endpoint(), { ...common, demandReadable, keysOf, isWanted, onChange });
  }
  if (place.executor !== 'docker' || !place.engine) {
    return createLocal({ ...common, id: options.dataDir, shellEnvironment: options.shellEnvironment });
  }
  const { createDocker } = await import('../../executors/docker/docker.ts');
  return createDocker({
    ...common,
    engine: place.engine,
    id: dataId(options.dataDir),
    pull: options.pull,
    isWanted,
    declared: store.services.list,
    onChange,
  });
}
