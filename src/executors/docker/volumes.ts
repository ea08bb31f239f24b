import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Definition, Service, Volume } from '../../model/service.ts';
import {
  type ManagedVolume,
  type VolumeKeeper,
  type VolumeRecord,
  type VolumeRef,
  volumeKey,
} from '../../model/volume.ts';
import { type Marks, serviceOf } from './labels.ts';
import { createOpening, type VolumeBind } from './opening.ts';

/** Managed volumes: each belongs to the service that gave its size, or to nobody; services share it by its name. */
export interface Volumes extends VolumeKeeper {
  /** Makes the service's volume, or finds it; the service's image must be there. Nothing for a service without one. */
  bindFor(service: Service): Promise<VolumeBind | undefined>;
  removeAll(): Promise<void>;
}

export interface VolumesOptions {
  engine: Engine;
  marks: Marks;
  /** What is on record of volumes that no service makes. */
  recorded?: VolumeRecord | undefined;
  /** How long a release waits for the containers that still have the volume. */
  patienceMs?: number;
}

/** What of a volume is written on it. */
interface Wanted {
  key: string;
  maker: string;
  policy: string;
}

const VOLUME = 'oscar-sandbox.volume';
const POLICY = 'oscar-sandbox.policy';

/** What Docker does not honour about a volume, as a sentence. */
export function volumeWarning({ volume }: Definition): string | undefined {
  if (!volume?.size) return undefined;
  return `The volume ${volume.name} may grow beyond ${volume.size}: Docker sets its volumes no limit.`;
}

/** The volumes of one sandbox on an engine. */
export function createVolumes(options: VolumesOptions): Volumes {
  const { engine, marks, patienceMs = 10_000 } = options;
  const { find, begin } = createShelf(options);
  const { open, forget } = createOpening(options);
  const findOpen = async (volume: Volume, service: Service): Promise<string> => {
    const ref = refOf(volume, service);
    const found = await find(volumeKey(ref));
    const maker = found && serviceOf(found.labels);
    if (found && volume.size && maker !== service.name) throw taken(volume, maker);
    const source = found?.name ?? (await begin(wantedBy(volume, service, options.recorded?.(ref))));
    // Who attaches what another service made takes it as that left it.
    if (maker === undefined || maker === service.name) {
      // Also one that was there: who made it may have been killed before it was open.
      await open(service, { Source: source, Target: volume.mount_path });
    }
    return source;
  };
  const once = createOnce<string>();
  return {
    bindFor: async (service) => {
      const { volume } = service.definition;
      if (!volume?.name) return undefined;
      // Several workers may want it at the same time, and none before it is open.
      const what = `${volumeKey(refOf(volume, service))} ${service.name}`;
      return { Source: await once(what, () => findOpen(volume, service)), Target: volume.mount_path };
    },
    make: async (volume) => {
      if (!(await find(volumeKey(volume)))) await begin(wantedAs(volume));
    },
    release: async (ref) => {
      const found = await find(volumeKey(ref));
      if (!found) return;
      await removeUnused(engine, found.name, patienceMs);
      forget(found.name);
    },
    held: async () => {
      const found = await engine.volumes(marks.of('volume'));
      return found.map(({ name, labels }) => ({ key: labels[VOLUME] ?? name, maker: serviceOf(labels) ?? '' }));
    },
    removeAll: async () => {
      for (const { name } of await engine.volumes(marks.of('volume'))) {
        await engine.removeVolume(name);
        forget(name);
      }
    },
  };
}

/** The volumes on the engine, by their keys. */
function createShelf({ engine, marks }: VolumesOptions) {
  const find = async (key: string) => (await engine.volumes({ ...marks.of('volume'), [VOLUME]: key }))[0];
  const begin = async ({ key, maker, policy }: Wanted): Promise<string> => {
    const source = marks.name('volume', key);
    await engine.volume(source, { ...marks.of('volume', maker), [VOLUME]: key, [POLICY]: policy });
    // The engine answers the same when one of that name was there, whosever it is.
    if ((await find(key))?.name !== source) throw foreign(source);
    return source;
  };
  return { find, begin };
}

/** Work that is under way is not begun a second time. */
function createOnce<T>() {
  const underway = new Map<string, Promise<T>>();
  return (what: string, work: () => Promise<T>): Promise<T> => {
    const begun = underway.get(what);
    if (begun) return begun;
    const mine = work().finally(() => underway.delete(what));
    underway.set(what, mine);
    return mine;
  };
}

const refOf = ({ name = '' }: Volume, { definition }: Service): VolumeRef => ({
  namespace: definition.namespace,
  name,
});

const wantedAs = (volume: ManagedVolume): Wanted => ({
  key: volumeKey(volume),
  maker: volume.maker,
  policy: volume.policy || 'retain',
});

/** What a service makes, or what it attaches as it is on record. */
function wantedBy(volume: Volume, service: Service, record: ManagedVolume | undefined): Wanted {
  const { lifecycle_policy: policy = 'delete' } = volume;
  if (volume.size) return { key: volumeKey(refOf(volume, service)), maker: service.name, policy };
  if (record) return wantedAs(record);
  throw new SandboxError('unavailable', `${service.name} uses the volume ${volume.name}, which does not exist.`, {
    hint: 'Give it a `size` to have it made, or declare the service first that makes it.',
  });
}

const taken = ({ name }: Volume, maker: string | undefined) =>
  new SandboxError(
    'conflict',
    `There is a volume ${name} already, which ${maker ? `the service ${maker}` : 'no service'} made.`,
    {
      hint: 'Remove the `size` to share it, or choose another name.',
    },
  );

const foreign = (source: string) =>
  new SandboxError('conflict', `The container engine has a volume ${source} already, which the sandbox did not make.`, {
    hint: `Choose another name, or remove it with \`docker volume rm ${source}\`.`,
  });

/** Containers that are on their way out have it a moment longer. */
async function removeUnused(engine: Engine, name: string, patienceMs: number): Promise<void> {
  for (let left = patienceMs; ; left -= 100) {
    try {
      return await engine.removeVolume(name);
    } catch (error) {
      if (left <= 0 || !(error instanceof SandboxError) || error.code !== 'conflict') throw error;
    }
    await pause(100);
  }
}
