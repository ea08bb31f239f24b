import { join } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { VolumeKeeper } from '../../model/volume.ts';
import type { Buckets } from '../../objects/buckets.ts';
import { createMounts } from '../mounts/mounts.ts';
import type { Mounted } from './cell.ts';
import type { Held } from './exposed/exposed.ts';
import type { Marks } from './labels.ts';
import type { VolumeBind } from './opening.ts';
import { createVolumes, type VolumesOptions } from './volumes.ts';

export interface StoresParts extends Pick<VolumesOptions, 'recorded'> {
  engine: Engine;
  marks: Marks;
  buckets: Buckets;
  folder: string;
  now(): number;
  log: Log;
}

/** What containers of a service see beside their task: its mount, a bucket as a folder, and its volume. */
export interface Stores {
  /** The mount for one container; nothing for a service without one. */
  mount(service: Service): Mounted | undefined;
  volumesOf(service: Service): Promise<VolumeBind[]>;
  /** Both, for as long as servers of the service run: the mount is in step until it is given back. */
  hold(service: Service): Promise<Held>;
  /** What a run of the program before this one left in the mounts of these goes into their buckets; asked once, first. */
  recover(services: Service[]): Promise<void>;
  keeper: VolumeKeeper;
  close(): Promise<void>;
}

/** A copy that nobody uses goes after this while. */
const MOUNT_IDLE_MS = 60_000;

/** The mounts and volumes of one sandbox. */
export function createStores({ engine, marks, buckets, folder, now, log, recorded }: StoresParts): Stores {
  const mounts = createMounts({ buckets, base: join(folder, 'mounts'), idleMs: MOUNT_IDLE_MS, now, log });
  const volumes = createVolumes({ engine, marks, recorded });

  const mount = (service: Service): Mounted | undefined => {
    const { path } = service.definition.mount;
    if (!path) return undefined;
    const lease = mounts.acquire(service);
    const ready = lease.ready.catch(unfilled);
    // Whoever waits for it hears of it.
    ready.catch(() => undefined);
    return {
      bind: `${lease.folder}:/mnt/${path}`,
      ready,
      refresh: () => lease.refresh().catch(unfilled),
      flush: () => lease.flush().catch(unkept),
      release: () =>
        lease.release().catch((error: unknown) => log.warn('a mount is not in step', { error: String(error) })),
    };
  };
  const volumesOf = async (service: Service): Promise<VolumeBind[]> => {
    const bind = await volumes.bindFor(service);
    return bind ? [bind] : [];
  };
  const hold = async (service: Service): Promise<Held> => {
    const mounted = mount(service);
    const release = async () => mounted?.release();
    try {
      await mounted?.ready;
      const binds = (await volumesOf(service)).map(({ Source, Target }) => `${Source}:${Target}`);
      return { binds: [...binds, ...(mounted ? [mounted.bind] : [])], release };
    } catch (error) {
      await release();
      throw error;
    }
  };

  return {
    mount,
    volumesOf,
    hold,
    recover: mounts.recover,
    keeper: volumes,
    close: mounts.close,
  };
}

/** A task that finds nothing in its mount, or cannot bring back what it left there, fails. */
function fails(cause: unknown, what: string): never {
  throw new SandboxError('failed', `${what}: ${asSandboxError(cause).message}`, { cause });
}

const unfilled = (error: unknown): never => fails(error, 'Its mount could not be filled');
const unkept = (error: unknown): never => fails(error, 'What it left in its mount could not be stored');
