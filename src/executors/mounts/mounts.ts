import { createHash } from 'node:crypto';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Definition, isOwnStore, type Service, splitPath } from '../../model/service.ts';
import type { Buckets } from '../../objects/buckets.ts';
import { removeTree } from '../workspace/removal.ts';
import { type Mount, openMount } from './mount.ts';

export interface MountsOptions {
  buckets: Buckets;
  /** Where the local copies are; nobody else may get at it. */
  base: string;
  /** So long a copy stays after its last use. */
  idleMs: number;
  everyMs?: number;
  now(): number;
  log: Log;
}

/** A service's mount for as long as somebody uses it: a run, or a worker. */
export interface Lease {
  /** The local folder, to be bound into the container. */
  folder: string;
  /** All that was in the bucket when it was asked for is in the folder. */
  ready: Promise<void>;
  /** What changed in the bucket before the call is in the folder after it: before each run of a container that stays. */
  refresh(): Promise<void>;
  /** What changed on either side before the call is on the other after it: after each run. */
  flush(): Promise<void>;
  /** A flush, then it is given back, also when the flush failed. */
  release(): Promise<void>;
}

/** The mounts of services, each shared by all who use it. */
export interface Mounts {
  /** Throws the sentence about a mount that cannot be made. */
  acquire(service: Service): Lease;
  /** Brings into the bucket what a sandbox that was killed left in the mounts of these services. */
  recover(services: Service[]): Promise<void>;
  /** What is in the folders alone goes into the buckets; a copy that is not needed any more goes. */
  close(): Promise<void>;
}

/** Why the mount that a definition asks for cannot be made, as a sentence. */
export function mountFault({ name, mount }: Definition): string | undefined {
  if (!mount.path) return undefined;
  if (!isOwnStore(mount))
    return `${name} mounts ${mount.path} of ${mount.storage_provider}, which cannot be mounted here.`;
  // Engines take paths apart at it.
  return mount.path.includes(':')
    ? `${name} mounts ${mount.path}, and a folder cannot have “:” in its name.`
    : undefined;
}

/** Where a container sees the mount. OSCAR: `/mnt/<path>`. */
export const mountTarget = ({ mount }: Definition): string => posix.join('/mnt', posix.join('/', mount.path));

interface Entry {
  folder: string;
  mount: Promise<Mount>;
  users: number;
  idle?: NodeJS.Timeout;
  /** Its copy is on its way out. */
  gone?: Promise<void>;
}

export function createMounts(options: MountsOptions): Mounts {
  const { base, idleMs, log } = options;
  const entries = new Map<string, Entry>();
  /** None may be filled while it is looked at what was left. */
  let looked: Promise<unknown> = Promise.resolve();

  const retire = (entry: Entry): Promise<void> => {
    clearTimeout(entry.idle);
    entry.gone ??= putAway(entry, log).then(() => {
      if (entries.get(entry.folder) === entry) entries.delete(entry.folder);
    });
    return entry.gone;
  };
  const open = (service: Service, folder: string): Entry => {
    const previous = entries.get(folder)?.gone;
    const { bucket, folder: prefix } = splitPath(service.definition.mount.path);
    const begin = async () => {
      await Promise.all([previous, looked]);
      return openMount({ ...options, bucket, prefix, folder, writer: service.name });
    };
    const entry: Entry = { folder, mount: begin(), users: 0 };
    entries.set(folder, entry);
    return entry;
  };
  const letGo = async (entry: Entry) => {
    entry.users -= 1;
    if (entry.users > 0 || entry.gone) return;
    entry.idle = setTimeout(() => void retire(entry), idleMs).unref();
    const mount = await entry.mount;
    if (entry.users === 0) mount.halt();
  };
  const acquire = (service: Service): Lease => {
    const fault = mountFault(service.definition);
    if (fault) throw new SandboxError('unavailable', fault, { hint: 'Mount a folder of minio.default: that works.' });
    const folder = join(base, folderName(service));
    const present = entries.get(folder);
    const entry = present && !present.gone ? present : open(service, folder);
    clearTimeout(entry.idle);
    entry.users += 1;
    const ready = entry.mount.then((mount) => {
      if (entry.users > 0) mount.resume();
      return mount.refresh();
    });
    ready.catch(() => undefined);
    let released: Promise<void> | undefined;
    const flush = async () => (await entry.mount).flush();
    const refresh = async () => (await entry.mount).refresh();
    return { folder, ready, refresh, flush, release: () => (released ??= flush().finally(() => letGo(entry))) };
  };
  return {
    acquire,
    recover: async (services) => {
      const mounted = services.filter(({ definition }) => definition.mount.path && !mountFault(definition));
      const owners = new Map(mounted.map((service) => [folderName(service), service]));
      const looking = leftIn(base, owners);
      looked = looking.catch(() => undefined);
      for (const name of await looking) {
        const service = owners.get(name);
        if (service)
          await acquire(service)
            .release()
            .catch((error) => notKept(log, join(base, name), error));
        else log.warn('a folder holds what a mount left that no service has any more', { folder: join(base, name) });
      }
    },
    close: async () => void (await Promise.all([...entries.values()].map(retire))),
  };
}

/** One folder for each place that a service mounts: what was left of another place must not be mixed into this one. */
function folderName({ name, definition }: Service): string {
  return `${name}-${createHash('sha256').update(definition.mount.path).digest('hex').slice(0, 8)}`;
}

const notKept = (log: Log, folder: string, error: unknown) =>
  log.warn('the copy of a mount stays, for not all of it is in its bucket', { folder, error: String(error) });

/** Removes a local copy once everything in it is in the bucket. */
async function putAway({ folder, mount }: Entry, log: Log): Promise<void> {
  try {
    const behind = await (await mount).close();
    if (behind.length > 0) throw new Error(`${behind.length} files, among them ${behind.slice(0, 3).join(', ')}`);
    await removeTree(folder);
  } catch (error) {
    notKept(log, folder, error);
  }
}

/** The copies that are there; those without anything in them go at once, unless a container may still have them mounted. */
async function leftIn(base: string, owners: ReadonlyMap<string, Service>): Promise<string[]> {
  await mkdir(base, { recursive: true, mode: 0o700 });
  const left: string[] = [];
  for (const name of await readdir(base)) {
    if (name.endsWith('.staging')) await removeTree(join(base, name));
    else if (owners.has(name)) left.push(name);
    else await rmdir(join(base, name)).catch(() => left.push(name));
  }
  return left;
}
