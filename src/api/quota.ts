import { usedBy } from '../declare/quotas.ts';
import { asSandboxError, SandboxError } from '../model/errors.ts';
import { administrator, namespaceOf, shortUid } from '../model/person.ts';
import type { Limits } from '../model/quota.ts';
import { canonical, type Size, sizeOf, wholeOf } from '../model/size.ts';
import { sizeText } from './formats.ts';
import type { ApiParts } from './parts.ts';

type Known = Pick<ApiParts, 'store' | 'buckets'>;

/** What a user may have and has, as OSCAR answers it; throws its sentence about one who was never here. */
export async function quotaOf({ store, buckets }: Known, user: string): Promise<Record<string, unknown>> {
  if (!isKnown({ store }, user)) throw rejected(`getting volume quotas for user ${user}: ${unknown(user)}`);
  const limits = store.quotas.of(user);
  const used = usedBy(store, user);
  const owned = (await buckets.list()).filter(({ tags }) => tags.owner === user);
  return {
    user_id: user,
    volumes: {
      disk: { max: limits.disk, used: canonical(used.disk) },
      volumes: { max: limits.volumes, used: String(used.volumes) },
      max_disk_per_volume: limits.max_disk_per_volume,
      min_disk_per_volume: limits.min_disk_per_volume,
    },
    minio: {
      buckets: { max: Number(limits.buckets), used: owned.length },
      storage_per_bucket: { max: limits.storage_per_bucket || '0' },
      storage_total: { used: sizeText(owned.reduce((sum, { bytes }) => sum + bytes, 0)) },
    },
  };
}

interface Update {
  volumes: Partial<Pick<Limits, 'disk' | 'volumes' | 'max_disk_per_volume' | 'min_disk_per_volume'>>;
  minio: Partial<Pick<Limits, 'buckets' | 'storage_per_bucket'>>;
}

/** The limits of a user that an update changes; throws OSCAR's sentence where it cannot. */
export function changedLimits(parts: Pick<Known, 'store'>, user: string, { volumes, minio }: Update): Partial<Limits> {
  const ofVolumes = given(volumes);
  const ofMinio = given(minio);
  return {
    ...(Object.keys(ofVolumes).length > 0 ? volumeLimits(parts, user, ofVolumes) : {}),
    ...(Object.keys(ofMinio).length > 0 ? minioLimits(parts, user, ofMinio) : {}),
  };
}

/** OSCAR: an empty text changes nothing. */
const given = (update: Partial<Limits>): Partial<Limits> =>
  Object.fromEntries(Object.entries(update).filter(([, value]) => value !== ''));

function volumeLimits({ store }: Pick<Known, 'store'>, user: string, update: Partial<Limits>): Partial<Limits> {
  if (!isKnown({ store }, user)) throw rejected(`getting current volume quota: ${unknown(user)}`);
  const changed = Object.fromEntries(
    Object.entries(update).map(([name, value]) => {
      const size = demandSize(`volumes.${name}`, value);
      return [name, name === 'volumes' ? String(wholeOf(size)) : canonical(size)];
    }),
  ) as Partial<Limits>;
  demandOrder({ ...store.quotas.of(user), ...changed }, shortUid(user));
  return changed;
}

function demandOrder(
  { disk, volumes, max_disk_per_volume: max, min_disk_per_volume: min }: Limits,
  name: string,
): void {
  const amounts: [string, string][] = [
    ['persistentvolumeclaims', volumes],
    ['requests.storage', disk],
  ];
  for (const [what, value] of amounts) {
    if (sizeOf(value).nano < 0n) {
      throw rejected(
        `ResourceQuota "${name}" is invalid: spec.hard[${what}]: Invalid value: "${value}": must be greater than or equal to 0`,
      );
    }
  }
  if (sizeOf(min).nano <= sizeOf(max).nano) return;
  throw rejected(
    `LimitRange "${name}" is invalid: spec.limits[0].min[storage]: Invalid value: "${min}": ` +
      `min value ${min} is greater than max value ${max}`,
  );
}

function minioLimits({ store }: Pick<Known, 'store'>, user: string, update: Partial<Limits>): Partial<Limits> {
  const { buckets, storage_per_bucket: storage } = update;
  const wrong = (why: string) => rejected(`invalid minio.buckets quantity: ${why}`);
  const count = buckets?.trim();
  if (count !== undefined && !/^[+-]?\d+$/.test(count))
    throw wrong(`strconv.ParseInt: parsing "${count}": invalid syntax`);
  if (count !== undefined && !Number.isSafeInteger(Number(count))) {
    throw wrong(`strconv.ParseInt: parsing "${count}": value out of range`);
  }
  if (Number(count ?? 0) < 0) throw wrong('must be greater than or equal to zero');
  if (storage !== undefined) demandSize('minio.storage_per_bucket', storage.trim(), '');
  // OSCAR keeps it in the user's namespace; the administrator has one, though no quota.
  if (!isKnown({ store }, user) && user !== administrator.uid) {
    const space = namespaceOf(user);
    throw rejected(`creating MinIO quota ConfigMap ${space}/oscar-minio-quota: namespaces "${space}" not found`);
  }
  return {
    ...(count === undefined ? {} : { buckets: count }),
    ...(storage === undefined ? {} : { storage_per_bucket: storage.trim() }),
  };
}

function demandSize(what: string, value: string, kind = ' quantity'): Size {
  try {
    return sizeOf(value);
  } catch (error) {
    const { message, hint } = asSandboxError(error);
    throw new SandboxError('rejected', `invalid ${what}${kind}: ${message}`, { hint, cause: error });
  }
}

const isKnown = ({ store }: Pick<Known, 'store'>, user: string): boolean => store.accounts.secretOf(user) !== undefined;

const unknown = (user: string): string => `resourcequotas "${shortUid(user)}" not found`;

const rejected = (sentence: string) => new SandboxError('rejected', sentence);
