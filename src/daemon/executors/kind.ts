import { loadYaml } from '../../declare/yaml.ts';
import type { Cluster } from '../../engine/cluster.ts';
import type { Engine } from '../../engine/engine.ts';
import { assembled } from '../../executors/kubernetes/cluster/assembled.ts';
import { measured } from '../../executors/kubernetes/cluster/measured.ts';
import { inOrder } from '../../executors/kubernetes/cluster/order.ts';
import { createProvisioner, type Provisioner, type Ready } from '../../executors/kubernetes/cluster/provisioner.ts';
import { tooSmall } from '../../executors/kubernetes/cluster/room.ts';
import { lineOf, type Progress } from '../../executors/kubernetes/cluster/steps.ts';
import { createKubernetes, type KubernetesExecutor } from '../../executors/kubernetes/kubernetes.ts';
import { createMarks } from '../../executors/kubernetes/labels.ts';
import { storeSecret } from '../../executors/kubernetes/manifests/secrets.ts';
import type { Settings } from '../../executors/kubernetes/manifests/settings.ts';
import { clusterOffer } from '../../executors/kubernetes/needs.ts';
import { throughPort } from '../../executors/kubernetes/ways.ts';
import type { Log } from '../../log.ts';
import type { Endpoint } from '../../objects/buckets.ts';
import { shippedFile } from '../../shipped.ts';
import { dataId, places } from '../files.ts';
import type { DaemonOptions } from '../options.ts';
import type { Ground } from './ground.ts';

/** Where OSCAR runs its services. */
const namespace = 'oscar-svc';
/** How the store is called in the cluster. */
const minio = 'http://minio.minio:9000';
/** A job that ends while the sandbox is away is to be found by the next start. */
const jobTtlSeconds = 7 * 24 * 3600;
/** The longest call, as `config-defaults` of the cluster says it. */
const longestCallSeconds = 86_400;

export interface KindParts {
  options: DaemonOptions;
  engine: Engine;
  onLine(line: string): void;
  signal: AbortSignal;
  log: Log;
  now(): number;
}

/** Sees to it that the cluster of the data folder is up; throws why it cannot be. */
export async function openKind(parts: KindParts): Promise<Ground> {
  const provisioner = await provisionerFor(parts);
  try {
    const ready = await provisioner.up(parts.signal);
    parts.onLine(`The cluster is ready after ${ready.seconds.toFixed(1)} s.`);
    const { kubeconfig } = ready;
    return {
      minio: provisioner.minio,
      kubeconfig,
      start: async (store, { keysOf, ...needs }) => {
        const settings = { ...settingsOf(parts.options, ready, store.region), keysOf };
        await ready.cluster.apply(storeSecret(store, settings));
        const { gateway, domain, cluster } = ready;
        const way = throughPort(`http://${gateway.host}:${gateway.port}`, { namespace, domain });
        const executor = createKubernetes({
          ...needs,
          cluster,
          settings,
          way,
          visibility: 'outside',
          offer: offerOf(parts.engine),
        });
        return withImages(withPatience(executor, cluster), provisioner);
      },
      close: provisioner.letGo,
    };
  } catch (error) {
    await provisioner.letGo();
    throw error;
  }
}

/** Throws what is wrong with what the user says about the cluster; makes none. */
export const demandKind = async (options: DaemonOptions, engine: Engine): Promise<void> =>
  void (await assembledFor({ options, engine, signal: new AbortController().signal }));

const assembledFor = ({ options, engine, signal }: Pick<KindParts, 'options' | 'engine' | 'signal'>) =>
  assembled({
    engine,
    environment: options.engineEnvironment,
    folder: places(options.dataDir).cluster,
    platform: { os: process.platform, arch: process.arch === 'x64' ? 'amd64' : process.arch },
    ...options.kind,
    template: (name) => shippedFile(`templates/cluster/${name}`).toString(),
    parse: loadYaml,
    signal,
  });

async function provisionerFor(parts: KindParts): Promise<Provisioner> {
  const { options, engine, onLine, log, now } = parts;
  const { dataDir, host, s3Port, engineEnvironment: environment } = options;
  const isSeen = engine.info.place === 'here' && process.getuid && process.getgid;
  return createProvisioner({
    ...(await assembledFor(parts)),
    engine,
    environment,
    home: environment.HOME ?? '/',
    id: dataId(dataDir),
    folder: places(dataDir).cluster,
    parse: loadYaml,
    s3: { host, port: s3Port.number, explicit: s3Port.explicit && s3Port.number !== 0 },
    ...(isSeen ? { owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 } } : {}),
    room: async () => tooSmall(await measured(engine.info)),
    onProgress: (progress) => isTold(progress) && onLine(lineOf(progress)),
    now,
    log,
  });
}

/** The node may use all that the engine has; who made the node see a GPU knows of it. */
const offerOf = ({ info: { memory, cpu } }: Engine) => clusterOffer({ memory, cpu, gpus: Number.POSITIVE_INFINITY });

/** What was there before is nobody's concern. */
const isTold = ({ state }: Progress): boolean => state !== 'is there' && state !== 'begins';

const settingsOf = (options: DaemonOptions, { programs }: Ready, region: Endpoint['region']): Settings => ({
  namespace,
  marks: createMarks(dataId(options.dataDir)),
  programs: { from: 'node', path: programs },
  store: { endpoint: minio, region, verify: false },
  storeSecret: 'minio',
  pull: options.pull === 'always' ? 'Always' : 'IfNotPresent',
  volumes: { accessMode: 'ReadWriteOnce' },
  jobTtlSeconds,
  callTimeoutSeconds: options.runTimeout || longestCallSeconds,
});

/** An image that the engine has is given to the node: no registry has to have it. */
const withImages = (executor: KubernetesExecutor, { load }: Provisioner): KubernetesExecutor => ({
  ...executor,
  deploy: async (service, onProgress = () => undefined) => {
    await load(service.definition.image, onProgress);
    return executor.deploy(service, onProgress);
  },
});

/** A job that the cluster broke is tried again only so often: not before that is in order. */
function withPatience(executor: KubernetesExecutor, cluster: Cluster): KubernetesExecutor {
  const closing = new AbortController();
  return {
    ...executor,
    run: async (task, onLine, signal) => {
      try {
        return await executor.run(task, onLine, signal);
      } catch (error) {
        // What keeps it from that is told by the next try.
        if (task.kind === 'job') {
          await inOrder(cluster, AbortSignal.any([signal, closing.signal])).catch(() => undefined);
        }
        throw error;
      }
    },
    close: () => {
      closing.abort();
      return executor.close();
    },
  };
}
