import { SandboxError } from '../model/errors.ts';
import { administrator } from '../model/person.ts';
import { canonical, minus, noSize, plus, type Size, sizeOf, wholeOf } from '../model/size.ts';
import type { ManagedVolume } from '../model/volume.ts';
import type { Store } from '../store/store.ts';

type Kept = Pick<Store, 'volumes' | 'quotas'>;

/** What the volumes of a user come to. */
export function usedBy({ volumes }: Kept, uid: string): { disk: Size; volumes: number } {
  const own = volumes.all().filter(({ owner }) => owner === uid);
  return { disk: own.reduce((sum, { size }) => plus(sum, sizeOf(size || '0')), noSize), volumes: own.length };
}

/** Throws OSCAR's sentence when a user may not have one more volume; the administrator may always. */
export function demandRoom(store: Kept, { owner, name, size }: ManagedVolume): void {
  if (owner === administrator.uid || owner === '') return;
  const limits = store.quotas.of(owner);
  const used = usedBy(store, owner);
  const wanted = sizeOf(size);
  const available = minus(sizeOf(limits.disk), used.disk);
  if (wanted.nano > available.nano) {
    throw few(`disk quota: requested ${canonical(wanted)}, available ${canonical(available)}`);
  }
  const left = Number(wholeOf(sizeOf(limits.volumes))) - used.volumes;
  if (left < 1) throw few(`count quota: requested 1, available ${Math.max(left, 0)}`);
  const outside = (bound: string, limit: Size) =>
    new SandboxError(
      'rejected',
      `persistentvolumeclaims "${name}" is forbidden: ${bound} storage usage per PersistentVolumeClaim is ` +
        `${canonical(limit)}, but request is ${canonical(wanted)}`,
      advice,
    );
  const [least, most] = [sizeOf(limits.min_disk_per_volume), sizeOf(limits.max_disk_per_volume)];
  if (wanted.nano < least.nano) throw outside('minimum', least);
  if (wanted.nano > most.nano) throw outside('maximum', most);
}

const advice = { hint: 'GET /system/quotas/user tells what there is; the administrator can change it.' };

const few = (what: string) => new SandboxError('invalid', `not enough volume ${what}`, advice);
