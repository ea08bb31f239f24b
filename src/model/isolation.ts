import { isReserved } from './person.ts';
import { type Definition, isOwnStore, splitPath } from './service.ts';

/** A bucket for the files of one user of a service. */
export interface IsolatedBucket {
  bucket: string;
  uid: string;
  /** The service's input folder. */
  folder: string;
}

/** OSCAR: does every user of this service get a bucket of their own? Only for users' services. */
export const isIsolated = ({ isolation_level, owner }: Pick<Definition, 'isolation_level' | 'owner'>): boolean =>
  isolation_level.toUpperCase() === 'USER' && !isReserved(owner);

/** OSCAR: the input bucket, and the first ten characters of the uid as far as a bucket's name may have them. */
export const isolatedName = (bucket: string, uid: string): string =>
  `${bucket}-${uid
    .slice(0, 10)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-')
    .replace(/-+$/, '')}`;

/** The buckets that a service has for its users, as far as they are in its list. */
export function isolatedBuckets(definition: Definition): IsolatedBucket[] {
  const { input, allowed_users, bucket_list } = definition;
  if (!isIsolated(definition)) return [];
  return input.filter(isOwnStore).flatMap((io) => {
    const { bucket, folder } = splitPath(io.path);
    return allowed_users
      .map((uid) => ({ bucket: isolatedName(bucket, uid), uid, folder }))
      .filter((one) => bucket_list.includes(one.bucket));
  });
}
