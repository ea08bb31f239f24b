import type { Cluster, Manifest } from '../../engine/cluster.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { VolumeKeeper } from '../../model/volume.ts';
import { attachable } from '../attach.ts';
import type { Executor, Probe } from '../executor.ts';
import { createRunner } from '../runner.ts';
import { createDeployments } from './deployments.ts';
import { createEntrances } from './entrances.ts';
import { createFeeds } from './feeds.ts';
import { roleOf, taskIn } from './labels.ts';
import { refused } from './needs.ts';
import type { KubernetesOptions } from './options.ts';
import { isOver } from './over.ts';
import { waitingFor } from './patient.ts';
import { createRemoval, type Removal } from './removal.ts';
import { createRun, type RunParts } from './run.ts';
import { createScene, type Scene } from './scene.ts';
import { createVersions } from './versions.ts';

export type { KubernetesOptions } from './options.ts';

export interface KubernetesExecutor extends Executor {
  /** Which cluster it is. */
  detail: string;
  volumes: VolumeKeeper;
  /** Lets go of the cluster: what runs there goes on, and is taken up by the next run of the program. */
  close(): Promise<void>;
}

/** The executor for a cluster: calls go to Knative Services, jobs are Kubernetes Jobs. */
export function createKubernetes(options: KubernetesOptions): KubernetesExecutor {
  const { cluster, settings, now, offer } = options;
  const { namespace } = settings;
  const control = new AbortController();
  const closing = control.signal;
  const ping = () => pingOf(cluster, namespace);
  const scene = createScene(options);
  const common = { ...options, scene, ping, closing, namespace };
  const removal = createRemoval(common);
  const versions = createVersions(common);
  const entrances = createEntrances(common);
  const refusedHere = (service: Service) => refused(service, settings, offer);
  const parts = { ...common, removal, versions, entrances, refused: refusedHere };
  const { during, recent, stand, ...verbs } = createDeployments(parts);
  const waiting: RunParts['patiently'] = (underway, work) => waitingFor(ping, underway, work);
  const runTask = createRunner({
    ...createRun({ ...parts, stand, feeds: createFeeds({ ...common, onServerLine: recent.add }), patiently: waiting }),
    timeoutSeconds: { run: options.runTimeoutSeconds, job: options.jobTimeoutSeconds },
    notFound: 'it calls a program that its image does not have',
    now,
  });
  const stopHearing = scene.hear((object) => {
    if (!object || !isOfJob(object)) options.onChange();
  });
  endUnwanted({ scene, removal, options });

  const detail = detailOf(cluster, namespace);
  return {
    detail,
    probe: () => probe({ ping, scene, detail }),
    ...verbs,
    run: attachable((task, onLine, signal) => {
      const onBoth = (line: string) => {
        // A job's lines are in its own log alone.
        if (task.kind === 'run') recent.add(task.service.name, line);
        onLine(line);
      };
      return during(task.service.name, () => runTask(task, onBoth, signal));
    }),
    close: async () => {
      stopHearing();
      control.abort(new SandboxError('unavailable', 'The sandbox is stopping.'));
      scene.close();
      await Promise.all([removal.done(), entrances.closeAll()]);
    },
  };
}

const detailOf = ({ info }: Cluster, namespace: string): string => {
  const context = info.context ? ` (context ${info.context})` : '';
  return `Kubernetes ${info.version} at ${info.address}${context}, namespace ${namespace}`;
};

/** Each namespace has it, and whoever may keep the files of services may read it. */
const pingOf = ({ get }: Cluster, namespace: string): Promise<unknown> =>
  get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', namespace });

const isOfJob = ({ kind, metadata }: Manifest): boolean => kind === 'Job' || roleOf(metadata.labels) === 'job';

interface ProbeParts {
  ping(): Promise<unknown>;
  scene: Scene;
  detail: string;
}

async function probe({ ping, scene, detail }: ProbeParts): Promise<Probe> {
  try {
    await ping();
    await scene.ready();
    return { ok: true, detail: `services run in pods of ${detail}` };
  } catch (error) {
    const { message, hint = 'Start the cluster, or choose another one by --context.' } = asSandboxError(error);
    return { ok: false, reason: message, hint };
  }
}

interface UnwantedParts {
  scene: Scene;
  removal: Removal;
  options: Pick<KubernetesOptions, 'isWanted' | 'log'>;
}

/** Jobs of a run of the program before this one go on if somebody waits for them. */
function endUnwanted({ scene, removal, options }: UnwantedParts): void {
  const look = () => {
    for (const job of scene.all('jobs')) {
      const task = taskIn(job.metadata.annotations);
      if (task !== undefined && !isOver(scene, job) && !options.isWanted(task)) removal.jobSoon(job.metadata.name);
    }
  };
  scene
    .ready()
    .then(look)
    .catch((error: unknown) => options.log.warn('jobs were not looked for', { error: String(error) }));
}
