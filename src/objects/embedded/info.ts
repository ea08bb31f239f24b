import type { ObjectVersion } from '../../store/objects.ts';
import type { ObjectInfo } from '../buckets.ts';

/** An object as the daemon speaks of it. */
export const infoOf = ({ key, size, etag, meta, modifiedAt }: ObjectVersion): ObjectInfo => ({
  key,
  size,
  etag,
  contentType: meta.headers['content-type'] ?? 'binary/octet-stream',
  modifiedAt,
});
