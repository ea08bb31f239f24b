import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Service } from '../model/service.ts';
import type { DeclareParts } from './parts.ts';
import type { Removals } from './removals.ts';
import { finish } from './remove.ts';
import type { Volumes } from './volumes.ts';

export type RecoverParts = DeclareParts & {
  removals: Removals;
  managed: Pick<Volumes, 'letGo' | 'recover'>;
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T>;
};

/** Ends removals that were cut short, and lets every service listen. What fails is told; the others go on. */
export async function recover(parts: RecoverParts): Promise<void> {
  const { store, removals, inTurn } = parts;
  const surely = (name: string, work: () => Promise<void>) =>
    inTurn(name, work).catch((error: unknown) => parts.onFailed(name, asSandboxError(error)));
  await Promise.all(removals.names().map((name) => surely(name, () => finish(parts, name))));
  await parts.managed.recover();
  // One after the other: several may need the bucket that is made.
  for (const service of store.services.list()) await surely(service.name, () => resume(parts, service));
}

async function resume(parts: DeclareParts, service: Service): Promise<void> {
  const { provision } = parts;
  const { definition } = service;
  // Its folders are not made before that fails: it would hear of them.
  if (definition.input.length > 0 && (await listens(parts, service))) return;
  const owned = await provision.claim(definition, service.buckets);
  const buckets = [...new Set([...service.buckets, ...owned])];
  if (buckets.length > service.buckets.length) await parts.store.services.note(service.name, { buckets });
  await provision.listen(definition);
}

/** Not so when a bucket is gone: somebody removed it, or the store of objects is another one now. */
async function listens({ provision }: DeclareParts, { definition }: Service): Promise<boolean> {
  try {
    await provision.listen(definition);
    return true;
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'not-found') return false;
    throw error;
  }
}
