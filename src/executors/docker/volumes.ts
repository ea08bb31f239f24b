import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSpec, Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Definition, Service, Volume } from '../../model/service.ts';
import { type Marks, serviceOf } from './labels.ts';
import { hardening } from './spec.ts';

/** A volume and the path at which a service's containers see it. */
export interface VolumeBind {
  Source: string;
  Target: string;
}

/** The volumes of services: each belongs to the service that gave its size, others share it by its name. */
export interface Volumes {
  /** Makes the service's volume, or finds it; the service's image must be there. Nothing for a service without one. */
  bindFor(service: Service): Promise<VolumeBind | undefined>;
  /** Removes the volume if this service created it, once no container has it any more. */
  release(service: string, volume: string): Promise<void>;
  removeAll(): Promise<void>;
}

export interface VolumesOptions {
  engine: Engine;
  marks: Marks;
  /** How long a release waits for the containers that still have the volume. */
  patienceMs?: number;
}

type NamedVolume = Volume & { name: string };

const VOLUME = 'oscar-sandbox.volume';
const POLICY = 'oscar-sandbox.policy';

/** What Docker does not honour about a volume, as a sentence. */
export function volumeWarning({ volume }: Definition): string | undefined {
  if (!volume?.size) return undefined;
  return `The volume ${volume.name} may grow beyond ${volume.size}: Docker sets its volumes no limit.`;
}

export function createVolumes({ engine, marks, patienceMs = 10_000 }: VolumesOptions): Volumes {
  const find = async (name: string) => (await engine.volumes({ ...marks.of('volume'), [VOLUME]: name }))[0];
  const findNamed = async (volume: string, { name, definition }: Service): Promise<string> => {
    const found = await find(volume);
    const size = definition.volume?.size;
    if (!found) {
      throw new SandboxError('unavailable', `${name} uses the volume ${volume}, which does not exist.`, {
        hint: 'Give it a `size` to have it made, or declare the service first that makes it.',
      });
    }
    const owner = serviceOf(found.labels);
    if (size && owner !== name) {
      throw new SandboxError('conflict', `There is a volume ${volume} already, which the service ${owner} made.`, {
        hint: 'Remove the `size` to share it, or choose another name.',
      });
    }
    return found.name;
  };
  const begin = async (volume: NamedVolume, service: Service): Promise<string> => {
    const labels = { [VOLUME]: volume.name, [POLICY]: volume.lifecycle_policy ?? 'delete' };
    const source = marks.name('volume', volume.name);
    await engine.volume(source, { ...marks.of('volume', service.name), ...labels });
    // The engine answers the same when one of that name was there, whosever it is.
    if ((await find(volume.name))?.name !== source) throw foreign(source);
    return source;
  };
  /** Those that every user of an image can write into, as far as this run of the program knows. */
  const opened = new Set<string>();
  const make = async (volume: NamedVolume, service: Service): Promise<void> => {
    const found = await find(volume.name);
    if (found && (opened.has(found.name) || serviceOf(found.labels) !== service.name)) return;
    const source = found?.name ?? (await begin(volume, service));
    // Also one that was there: who made it may have been killed before it was open.
    await openUp({ engine, marks }, service, { Source: source, Target: volume.mount_path });
    opened.add(source);
  };
  const making = new Map<string, Promise<void>>();
  /** Several workers may want it at the same time, and none before it is open. */
  const makeOnce = (volume: NamedVolume, service: Service): Promise<void> => {
    const begun = making.get(volume.name);
    if (begun) return begun;
    const mine = make(volume, service).finally(() => making.delete(volume.name));
    making.set(volume.name, mine);
    return mine;
  };
  return {
    bindFor: async (service) => {
      const { volume } = service.definition;
      if (!volume?.name) return undefined;
      if (volume.size) await makeOnce({ ...volume, name: volume.name }, service);
      return { Source: await findNamed(volume.name, service), Target: volume.mount_path };
    },
    release: async (service, volume) => {
      const found = await find(volume);
      if (!found || serviceOf(found.labels) !== service) return;
      await removeUnused(engine, found.name, patienceMs);
      opened.delete(found.name);
    },
    removeAll: async () => {
      for (const { name } of await engine.volumes(marks.of('volume'))) await engine.removeVolume(name);
      opened.clear();
    },
  };
}

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

const isRoot = (user: string): boolean => /^(|0|root)(:.*)?$/.test(user);

/** A new volume is root's alone: an image with a user of its own could not write into it. */
async function openUp({ engine, marks }: VolumesOptions, service: Service, bind: VolumeBind): Promise<void> {
  const { image } = service.definition;
  const found = await engine.image(image);
  if (!found || isRoot(found.user)) return;
  const id = await engine.create(
    marks.name('probe', 'open', marks.run, bind.Source),
    openerSpec(image, bind, marks.passing('probe', service.name)),
  );
  try {
    const ended = engine.ended(id, 'next-exit');
    await engine.start(id);
    const code = await ended;
    if (code === 0) return;
    throw new SandboxError('unavailable', `The volume ${bind.Source} cannot be opened to the user ${found.user}.`, {
      hint: `The image ${image} needs \`chmod\` for that.`,
    });
  } finally {
    await engine.remove(id);
  }
}

const openerSpec = (image: string, bind: VolumeBind, labels: Record<string, string>): ContainerSpec => ({
  Image: image,
  Entrypoint: ['/bin/sh'],
  Cmd: ['-c', 'chmod 0777 "$0"', bind.Target],
  User: '0',
  Labels: labels,
  HostConfig: {
    ...hardening,
    NetworkMode: 'none',
    Mounts: [{ Type: 'volume', ...bind }],
    LogConfig: { Type: 'none', Config: {} },
  },
});
