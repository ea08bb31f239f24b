import type { ObjectVersion } from '../../store/objects.ts';
import type { Core } from './core.ts';
import { failure } from './failure.ts';
import { bucketOf, type Place } from './writes.ts';

export interface Wanted extends Place {
  /** Without it the current one. */
  version?: string | undefined;
}

/** An object that can be read, or the failure that S3 has for it. `onMarker` is told of a delete marker in its place. */
export function objectOf(core: Core, wanted: Wanted, onMarker?: (marker: ObjectVersion) => void): ObjectVersion {
  const { bucket, key, version } = wanted;
  bucketOf(core, bucket);
  const object = version ? core.objects.version(bucket, key, version) : core.objects.newest(bucket, key);
  if (!object) throw failure(version ? 'NoSuchVersion' : 'NoSuchKey');
  if (object.marker) {
    onMarker?.(object);
    throw failure(version ? 'MethodNotAllowed' : 'NoSuchKey');
  }
  return object;
}

/** The id under which clients see a version: none in a bucket that never kept versions. */
export const shownVersion = (core: Core, object: ObjectVersion): string | undefined =>
  core.buckets.find(object.bucket)?.conf.versioning ? object.version : undefined;
