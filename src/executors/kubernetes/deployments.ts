import type { Cluster, Manifest } from '../../engine/cluster.ts';
import { createTurns } from '../../engine/turns.ts';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import { isExposed, type Service, standingOf } from '../../model/service.ts';
import type { VolumeKeeper, VolumeRecord } from '../../model/volume.ts';
import type { Executor } from '../executor.ts';
import { createKeeping, type Keeping } from '../keeping.ts';
import type { Entrances } from './entrances.ts';
import { untilReady } from './knative.ts';
import { serviceOf } from './labels.ts';
import { createLook, type LookParts } from './look.ts';
import { exposed, standingIn } from './manifests/exposed.ts';
import { knativeService } from './manifests/knative.ts';
import { exposedNames } from './manifests/names.ts';
import type { Settings } from './manifests/settings.ts';
import { warnings } from './needs.ts';
import { isOver } from './over.ts';
import type { Removal } from './removal.ts';
import type { Scene } from './scene.ts';
import type { Versions } from './versions.ts';
import { createClaims } from './volumes.ts';

export interface DeploymentsParts extends Pick<LookParts, 'ping' | 'refused'> {
  cluster: Cluster;
  settings: Settings;
  visibility: 'outside' | 'cluster';
  scene: Scene;
  versions: Versions;
  removal: Removal;
  entrances: Entrances;
  recorded?: VolumeRecord | undefined;
  /** Aborted when the sandbox stops. */
  closing: AbortSignal;
  log: Log;
  now(): number;
}

export interface Deployments
  extends Pick<Executor, 'observe' | 'deploy' | 'withdraw'>,
    Pick<Keeping, 'during' | 'recent'> {
  /** Sees to it that calls of a service find it, also when nobody has deployed it. */
  stand(service: Service, signal: AbortSignal): Promise<void>;
  volumes: VolumeKeeper;
}

/** How long the cluster may take to tell that something is gone. */
const GONE_MS = 30_000;

const knative = { apiVersion: 'serving.knative.dev/v1', kind: 'Service' };

/** What an exposed service may have. */
const servers = ({ deployment, service, autoscaler }: ReturnType<typeof exposedNames>) => [
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: autoscaler },
  { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment },
  { apiVersion: 'v1', kind: 'Service', name: service },
];

/** The services in a cluster. */
export function createDeployments(parts: DeploymentsParts): Deployments {
  const { cluster, settings, scene, versions, removal, entrances, closing, log } = parts;
  const { namespace } = settings;
  const clear = (name: string) => versions.clear(name, deployed.get(name));
  const { deployed, recent, withdraw, during } = createKeeping(clear, parts);
  const inTurn = createTurns();
  const claims = createClaims(parts);
  const refs = (name: string) => servers(exposedNames(name)).map((one) => ({ ...one, namespace }));

  const withoutServers = async (name: string, kept: Manifest[]): Promise<void> => {
    if (kept.length === 0) await entrances.close(name);
    if (kept.length === 0 && !scene.find('deployments', exposedNames(name).deployment)) return;
    for (const ref of refs(name)) if (!kept.some(({ kind }) => kind === ref.kind)) await cluster.remove(ref);
  };
  const unserve = async (name: string): Promise<void> => {
    await cluster.remove({ ...knative, name, namespace });
    await withoutServers(name, []);
    const isHere = () => scene.find('services', name) ?? scene.find('deployments', exposedNames(name).deployment);
    const signal = AbortSignal.any([closing, AbortSignal.timeout(GONE_MS)]);
    await scene.until(() => (isHere() ? undefined : true), signal).catch(() => undefined);
  };
  /** Until what was asked of its servers is seen: it would be asked again. */
  const told = async (service: Service): Promise<void> => {
    const isSeen = () => {
      const found = scene.find('deployments', exposedNames(service.name).deployment);
      return found && standingIn(found) === standingOf(service) ? true : undefined;
    };
    const signal = AbortSignal.any([closing, AbortSignal.timeout(GONE_MS)]);
    await scene.until(isSeen, signal).catch(() => undefined);
  };
  const serve = async (service: Service): Promise<Manifest> => {
    await demandOwn(parts, service);
    await claims.demand(service);
    const own = isExposed(service.definition) ? exposed(service, settings) : [];
    for (const one of own) await cluster.apply(one);
    if (own.length > 0) await entrances.open(service.name);
    await withoutServers(service.name, own);
    if (own.length > 0) await told(service);
    return cluster.apply(knativeService(service, settings, parts.visibility));
  };
  const deploy = async (service: Service, onProgress: (line: string) => void): Promise<string[]> => {
    const { name } = service;
    const sentence = parts.refused(service);
    if (sentence) await inTurn(name, () => unserve(name));
    else {
      const applied = await inTurn(name, () => versions.during(service, () => serve(service)));
      await untilReady({ scene, service, applied, onProgress, signal: closing });
    }
    if ((deployed.get(name)?.version ?? 0) <= service.version) deployed.set(name, service);
    clear(name).catch((error: unknown) => log.warn('old versions are kept', { service: name, error: String(error) }));
    return warnings(service, sentence);
  };
  const stand = async (service: Service, signal: AbortSignal): Promise<void> => {
    const { name } = service;
    if (scene.find('services', name)) return;
    await scene.ready();
    if (scene.find('services', name)) return;
    const applied = await inTurn(name, () => versions.during(service, () => serve(service)));
    await untilReady({ scene, service, applied, onProgress: () => undefined, signal });
  };
  const leave = async (name: string): Promise<void> => {
    await unserve(name);
    const jobs = scene.all('jobs').filter(({ metadata }) => serviceOf(metadata.labels) === name);
    // A job may outlive its service.
    for (const job of jobs.filter((one) => isOver(scene, one))) await removal.job(job.metadata.name);
    await withdraw(name);
  };

  return {
    during,
    recent,
    stand,
    deploy: (service, onProgress = () => undefined) =>
      during(service.name, async () => {
        await scene.ready();
        return deploy(service, onProgress);
      }),
    withdraw: (name) => inTurn(name, () => leave(name)),
    volumes: {
      ...claims,
      release: async (volume, service) => {
        if (service !== undefined) await inTurn(service, () => leave(service));
        await claims.release(volume);
      },
    },
    observe: createLook({ ...parts, deployed, recent }),
  };
}

/** A namespace may have services of others, too: of a real OSCAR, or of another sandbox. */
async function demandOwn({ cluster, settings, scene }: DeploymentsParts, { name }: Service): Promise<void> {
  if (scene.find('services', name)) return;
  const found = await cluster.get({ ...knative, name, namespace: settings.namespace });
  const { labels = {} } = found?.metadata ?? {};
  if (!found || Object.entries(settings.marks.all).every(([key, value]) => labels[key] === value)) return;
  throw new SandboxError(
    'conflict',
    `The namespace ${settings.namespace} has another service that is called ${name}.`,
    {
      hint: 'Give it another name, or use a namespace of your own (--namespace).',
    },
  );
}
