import { SandboxError } from '../model/errors.ts';
import { isIsolated, isolatedBuckets, isolatedName } from '../model/isolation.ts';
import { shortUid } from '../model/person.ts';
import { type Definition, isOwnStore, splitPath } from '../model/service.ts';
import { sorted } from './normalise.ts';

/**
 * The definition with a bucket for each of its users, when they are to be apart (`isolation_level: USER`). OSCAR: the
 * owner is one of the users, but gets such a bucket only by being named.
 */
export function isolated(definition: Definition, before?: Definition): Definition {
  const { owner, allowed_users: named } = definition;
  const gone = before ? isolatedBuckets(before).map(({ bucket }) => bucket) : [];
  const kept = definition.bucket_list.filter((bucket) => !gone.includes(bucket));
  if (!isIsolated(definition) || named.length === 0) return { ...definition, bucket_list: kept };
  // What was read and is put back names the owner: they are only there because we put them.
  const added = before?.allowed_users.includes(owner) && !owned(before).has(owner);
  const buckets = bucketsFor(
    definition,
    named.filter((uid) => !added || uid !== owner),
  );
  const first: Record<string, string> = before ? {} : { uid: shortUid(owner).slice(0, 10) };
  return {
    ...definition,
    labels: sorted({ ...definition.labels, ...first }),
    isolation_level: 'USER',
    allowed_users: named.includes(owner) ? named : [...named, owner],
    bucket_list: [...new Set([...kept, ...buckets])],
  };
}

function bucketsFor({ input }: Definition, users: string[]): string[] {
  const inputs = new Set(input.filter(isOwnStore).map((io) => splitPath(io.path).bucket));
  const buckets = [...inputs].flatMap((bucket) => users.map((uid) => isolatedName(bucket, uid)));
  demandApart(buckets, users);
  return buckets;
}

const owned = (before: Definition): Set<string> => new Set(isolatedBuckets(before).map(({ uid }) => uid));

/** Two users whose names begin alike must not meet in one bucket. */
function demandApart(buckets: string[], users: string[]): void {
  const twice = buckets.find((bucket, index) => buckets.indexOf(bucket) !== index);
  if (twice === undefined) return;
  throw new SandboxError('invalid', `Two of the users ${users.join(', ')} would share the bucket ${twice}.`, {
    hint: 'The bucket of a user is called after the first 10 characters of their uid: leave one of them out.',
  });
}
