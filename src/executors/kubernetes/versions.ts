import type { Cluster, Manifest } from '../../engine/cluster.ts';
import { createTurns } from '../../engine/turns.ts';
import type { Service } from '../../model/service.ts';
import { createOnce } from './conflict.ts';
import { roleOf } from './labels.ts';
import { configMap } from './manifests/config.ts';
import { versionName } from './manifests/names.ts';
import { ownerSecret, secrets } from './manifests/secrets.ts';
import type { Settings } from './manifests/settings.ts';
import { isOver } from './over.ts';
import { isDown } from './podstate.ts';
import type { Scene } from './scene.ts';

/** The files and secrets of the versions of services: each version has its own, which stay while something uses them. */
export interface Versions {
  /** Does the work while the files of this version are there. */
  during<T>(service: Service, work: () => Promise<T>): Promise<T>;
  /** Makes them anew when they are needed next: they may be gone. */
  doubt(service: Service): void;
  /** Removes those of a service that nothing uses any more; those of `current` stay. */
  clear(name: string, current?: Service): Promise<void>;
}

export interface VersionsParts {
  cluster: Cluster;
  settings: Settings;
  scene: Pick<Scene, 'find' | 'podsOfJob'>;
}

/** Keeps them in a cluster. */
export function createVersions(parts: VersionsParts): Versions {
  const { cluster, settings, scene } = parts;
  const inTurn = createTurns();
  const doubted = new Set<string>();
  const held = new Map<string, number>();
  /** How often each was used: what came to use it while others looked is not seen by them. */
  const uses = new Map<string, number>();

  const ensure = async (service: Service, name: string): Promise<void> => {
    if (scene.find('configs', name) && !doubted.has(name)) return;
    const secret = secrets(service, settings);
    const keys = ownerSecret(service, settings);
    if (keys) await cluster.apply(keys);
    const own = [...(secret ? [secret] : []), configMap(service, settings)];
    // The files come last: where they are, all is.
    for (const one of own) await createOnce(cluster, one);
    doubted.delete(name);
  };
  const hold = (name: string, one: 1 | -1): void => {
    const count = (held.get(name) ?? 0) + one;
    if (count > 0) held.set(name, count);
    else held.delete(name);
  };
  const remove = async (name: string, files: Manifest[]): Promise<void> => {
    // Until they are seen to be gone.
    doubted.add(name);
    uses.delete(name);
    for (const { apiVersion, kind } of files) {
      await cluster.remove({ apiVersion, kind, name, namespace: settings.namespace });
    }
  };
  return {
    during: async (service, work) => {
      const name = versionName(service, settings);
      hold(name, 1);
      uses.set(name, (uses.get(name) ?? 0) + 1);
      try {
        await inTurn(name, () => ensure(service, name));
        return await work();
      } finally {
        hold(name, -1);
      }
    },
    doubt: (service) => void doubted.add(versionName(service, settings)),
    clear: async (name, current) => {
      const before = new Map(uses);
      const used = await usedBy(parts, name);
      if (current) used.add(versionName(current, settings));
      const isUsed = (one: string) => used.has(one) || held.has(one) || uses.get(one) !== before.get(one);
      const found = Map.groupBy(await kept(parts, name), ({ metadata }) => metadata.name);
      for (const [one, files] of found) await inTurn(one, async () => void (isUsed(one) || (await remove(one, files))));
    },
  };
}

const inUse = [
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
  { apiVersion: 'serving.knative.dev/v1', kind: 'Revision' },
];

const about = ({ settings }: Pick<VersionsParts, 'settings'>, name: string) => ({
  namespace: settings.namespace,
  // Whatever it is for.
  labels: Object.fromEntries(
    Object.entries(settings.marks.of('config', name)).filter(([, value]) => value !== 'config'),
  ),
});

/** The names of the files that something of a service uses, or may come to use. */
async function usedBy(parts: VersionsParts, name: string): Promise<Set<string>> {
  const where = about(parts, name);
  const listed = (kind: (typeof inUse)[number]) => parts.cluster.list({ ...kind, ...where });
  // A list does not tell of each what it is.
  const found = await Promise.all(inUse.map(async (kind) => (await listed(kind)).map((one) => ({ ...one, ...kind }))));
  return new Set(found.flat().flatMap((one) => (isAlive(parts, one) ? configsOf(one) : [])));
}

async function kept(parts: VersionsParts, name: string): Promise<Manifest[]> {
  const where = about(parts, name);
  const found = await Promise.all(
    ['ConfigMap', 'Secret'].map(async (kind) =>
      (await parts.cluster.list({ apiVersion: 'v1', kind, ...where })).map((one) => ({
        ...one,
        apiVersion: 'v1',
        kind,
      })),
    ),
  );
  return found.flat().filter(({ metadata }) => ['config', 'secrets'].includes(roleOf(metadata.labels) ?? ''));
}

/** A pod or job that has ended, and a revision that no call can reach, uses nothing any more. */
function isAlive({ scene }: VersionsParts, object: Manifest): boolean {
  if (object.kind === 'Pod') return !isDown(object);
  if (object.kind === 'Job') return !isOver(scene, object);
  return object.metadata.labels?.['serving.knative.dev/routingState'] !== 'reserve';
}

interface PodSpec {
  volumes?: { configMap?: { name?: string } }[];
}

function configsOf({ spec }: Manifest): string[] {
  const { template, ...own } = (spec ?? {}) as PodSpec & { template?: { spec?: PodSpec } };
  const volumes = (template?.spec ?? own).volumes ?? [];
  return volumes.flatMap(({ configMap: files }) => (files?.name ? [files.name] : []));
}
