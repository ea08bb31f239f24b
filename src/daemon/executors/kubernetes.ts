import type { Cluster } from '../../engine/cluster.ts';
import { openCluster } from '../../engine/kubernetes.ts';
import { createKubernetes } from '../../executors/kubernetes/kubernetes.ts';
import { createMarks } from '../../executors/kubernetes/labels.ts';
import { storeSecret } from '../../executors/kubernetes/manifests/secrets.ts';
import type { Programs, Settings } from '../../executors/kubernetes/manifests/settings.ts';
import { throughServer } from '../../executors/kubernetes/ways.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Endpoint } from '../../objects/buckets.ts';
import { dataId } from '../files.ts';
import type { DaemonOptions, KubernetesWishes } from '../options.ts';
import { findPlaceOf } from './context.ts';
import { rememberCluster } from './foreign.ts';
import type { Ground } from './ground.ts';

/** Services of a cluster answer to this behind their namespace, for whoever is in it. */
const domain = 'svc.cluster.local';
/** Where Kourier takes calls from within the cluster. */
const gateway = { name: 'kourier-internal', namespace: 'kourier-system', port: 80 };
/** The volume on which OSCAR keeps supervisor and watchdog. */
const oscarVolume = 'oscar-pvc';
/** A job that ends while the sandbox is away is to be found by the next start. */
const jobTtlSeconds = 24 * 3600;
/** What Knative allows unless its administrator says otherwise. */
const longestCallSeconds = 600;

type Asked = Pick<DaemonOptions, 'dataDir' | 'engineEnvironment' | 'kubernetes' | 'pull' | 'runTimeout'>;

/** Opens the cluster that the user means; throws why services cannot run in it. */
export async function openKubernetes(options: Asked): Promise<Ground> {
  const { engineEnvironment: environment, kubernetes, dataDir } = options;
  const place = await findPlaceOf(kubernetes, environment);
  const cluster = await openCluster(place);
  try {
    await demandKnative(cluster);
    const programs = await programsIn(cluster, kubernetes);
    await rememberCluster(dataDir, { ...kubernetes, context: place.context, namespace: place.namespace });
    const { namespace } = place;
    const way = throughServer(cluster, gateway, { namespace, domain });
    return {
      start: async (store, { keysOf, ...needs }) => {
        const settings = { ...settingsOf(options, { namespace, programs, store }), keysOf };
        await cluster.apply(storeSecret(store, settings));
        return createKubernetes({ ...needs, cluster, settings, way, visibility: 'cluster' });
      },
      close: async () => cluster.close(),
    };
  } catch (error) {
    cluster.close();
    throw error;
  }
}

async function demandKnative(cluster: Cluster): Promise<void> {
  const { context, namespace } = cluster.info;
  try {
    await cluster.list({ apiVersion: 'serving.knative.dev/v1', kind: 'Service', namespace });
  } catch (error) {
    if (!(error instanceof SandboxError) || error.code === 'forbidden' || error.code === 'unavailable') throw error;
    throw new SandboxError('unavailable', `The cluster of the context ${context} has no Knative.`, {
      hint: 'Install Knative Serving with Kourier there, choose another --context, or use --executor kind.',
      cause: error,
    });
  }
}

async function programsIn(cluster: Cluster, { supervisor: image }: KubernetesWishes): Promise<Programs> {
  if (image !== undefined) {
    const to = '/programs';
    return { from: 'image', image, command: ['/bin/sh', '-c', `cp -r /supervisor/. ${to}/`], to, variables: {} };
  }
  const { namespace } = cluster.info;
  const found = await cluster.get({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: oscarVolume, namespace });
  if (found) return { from: 'claim', name: oscarVolume };
  throw new SandboxError(
    'invalid',
    `The namespace ${namespace} has no ${oscarVolume}, on which OSCAR keeps supervisor and watchdog.`,
    {
      hint: 'Name an image that has both in /supervisor: --supervisor IMAGE. docs/executors.md tells how to make one.',
    },
  );
}

interface Details {
  namespace: string;
  programs: Programs;
  store: Endpoint;
}

const settingsOf = ({ dataDir, pull, runTimeout }: Asked, { namespace, programs, store }: Details): Settings => {
  const id = dataId(dataDir);
  return {
    namespace,
    marks: createMarks(id),
    programs,
    store: { endpoint: store.url, region: store.region, verify: store.url.startsWith('https:') },
    storeSecret: `oscar-sandbox-${id}-store`,
    pull: pull === 'always' ? 'Always' : 'IfNotPresent',
    volumes: { accessMode: 'ReadWriteOnce' },
    jobTtlSeconds,
    callTimeoutSeconds: Math.min(runTimeout || longestCallSeconds, longestCallSeconds),
  };
};
