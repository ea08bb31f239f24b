import { SandboxError } from '../model/errors.ts';
import type { Definition, Service } from '../model/service.ts';
import type { DeclareParts } from './parts.ts';
import type { Leaving, Removals } from './removals.ts';
import type { Volumes } from './volumes.ts';

export interface RemoveOptions {
  /** With the buckets and the volume that it created itself, unless another service uses them. */
  buckets: boolean;
  /** Only while its last declaration is the one from this file. */
  from?: string;
}

/** Removes a service and everything that was kept for it. It cannot be called from the first moment on. */
export async function remove(parts: Removing, name: string, { buckets, from }: RemoveOptions): Promise<void> {
  const service = parts.store.services.get(name);
  if (from !== undefined && !isFrom(service, from)) return;
  if (!service) throw new SandboxError('not-found', `No service is called ${name}.`);
  await parts.removals.begin(name, buckets ? itsOwn(service) : { buckets: [] });
  await finish(parts, name);
}

type Removing = DeclareParts & { removals: Removals; managed: Pick<Volumes, 'letGo'> };

const isFrom = (service: Service | undefined, path: string): boolean =>
  service?.source.kind === 'file' && service.source.path === path;

/** Brings a removal to its end, as often as that is tried. */
export async function finish(parts: Removing, name: string): Promise<void> {
  const { removals, store, provision } = parts;
  const leaving = removals.leavingWith(name);
  if (!leaving) return;
  await store.services.remove(name);
  parts.nudge();
  await parts.forget(name);
  const others = store.services.list().map((other) => other.definition);
  const used = new Set(others.flatMap(bucketsOf));
  await provision.release(
    name,
    leaving.buckets.filter((bucket) => !used.has(bucket)),
  );
  if (leaving.volume) await parts.managed.letGo(leaving.volume, name);
  await removals.end(name);
  parts.onRemoved(name);
}

/** Before a name is declared: what is left of the last service with it must not become a part of the new one. */
export async function makeWay(parts: Removing, name: string): Promise<void> {
  if (parts.removals.leavingWith(name) === undefined) return;
  // A service that is still there was removed in vain, and what is declared last counts.
  if (parts.store.services.get(name)) await parts.removals.end(name);
  else await finish(parts, name);
}

/** OSCAR: what it mounts stays, and so does what an update took from it. */
function itsOwn({ buckets, definition }: Service): Leaving {
  const mounted = bucketOf(definition.mount.path);
  const current = [...bucketsOf(definition), ...definition.bucket_list];
  const { name, size, lifecycle_policy: policy } = definition.volume ?? {};
  return {
    buckets: buckets.filter((bucket) => bucket !== mounted && current.includes(bucket)),
    ...(name && size && policy === 'delete' ? { volume: { namespace: definition.namespace, name } } : {}),
  };
}

const bucketOf = (path: string): string => path.split('/')[0] ?? '';

const bucketsOf = ({ input, output, mount }: Definition): string[] =>
  [...input, ...output, mount].map((io) => bucketOf(io.path));
