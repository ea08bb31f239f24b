import type { BucketRule } from '../model/bucketrule.ts';
import type { Person } from '../model/person.ts';
import type { Bucket } from '../objects/buckets.ts';
import { sizeText } from './formats.ts';
import { sorted } from './json.ts';

/** A bucket, the rule of who may use it, and who looks. */
export interface Seen {
  bucket: Bucket;
  rule: BucketRule | undefined;
  person: Person;
}

/** A bucket as a list of them shows it: its owner is not among its tags. */
export function listed(seen: Seen) {
  const { owner = '', ...metadata } = seen.bucket.tags;
  return { ...named(seen), owner, metadata: sorted(metadata), ...usage(seen.bucket) };
}

/** A bucket on its own, with those objects of it that are asked for. */
export function detailed(seen: Seen, objects: object[]) {
  const { tags } = seen.bucket;
  return {
    ...named(seen),
    owner: tags.owner || 'cluster_admin',
    metadata: sorted(tags),
    ...(objects.length > 0 ? { objects } : {}),
    ...usage(seen.bucket),
  };
}

/** OSCAR: buckets of the administrator have no visibility, and to the administrator private ones of users have none. */
function named({ bucket, rule, person }: Seen) {
  const visibility = rule?.visibility ?? '';
  return {
    bucket_name: bucket.name,
    visibility: visibility === 'private' && person.kind === 'admin' ? '' : visibility,
    allowed_users: visibility === 'restricted' ? (rule?.allowedUsers ?? []) : null,
  };
}

const usage = ({ objects, bytes }: Bucket) => ({
  storage_quota: { source: 'unset' },
  storage_usage: { used: sizeText(bytes), used_bytes: bytes, ...(objects > 0 ? { objects } : {}) },
  attribution: 'complete',
});
