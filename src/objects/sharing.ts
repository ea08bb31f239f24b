import { type BucketRule, rightOf } from '../model/bucketrule.ts';
import { SandboxError } from '../model/errors.ts';
import { isolatedBuckets } from '../model/isolation.ts';
import { isReserved, labelOf } from '../model/person.ts';
import { type Definition, isOwnStore, type Service, splitPath } from '../model/service.ts';

// Whose the buckets of services are, and who may use them.

const rejected = (message: string) => new SandboxError('rejected', message);

/** The folders of a definition that lie in the platform's own store, inputs first. */
function ownPaths({ input, output, mount }: Definition): string[] {
  const mounts = mount.path ? [mount] : [];
  return [...input, ...output, ...mounts].filter(isOwnStore).map((io) => io.path);
}

/** A folder that has to be there. */
interface Need {
  bucket: string;
  folder: string;
  /** The one user whose files are in it. */
  uid?: string;
}

/** Every folder of a service in the platform's own store. */
export const needs = (definition: Definition): Need[] => [
  ...ownPaths(definition).map(splitPath),
  ...isolatedBuckets(definition),
];

const ownerOf = ({ owner }: Definition): string => (isReserved(owner) ? '' : owner);

/** What a bucket bears that is made for a service. */
export function tagsOf(definition: Definition, uid: string | undefined): Record<string, string> {
  const owner = ownerOf(definition);
  const named = definition.labels.owner_name || (owner === '' ? 'oscar' : labelOf(owner));
  return { owner: uid ?? owner, from_service: definition.name, owner_name: uid === undefined ? named : labelOf(uid) };
}

/** Made for a service of this name and owner; a bucket bears that on itself. */
export const isItsOwn = (definition: Definition, tags: Record<string, string>): boolean =>
  tags.from_service === definition.name && (isReserved(tags.owner ?? '') ? '' : tags.owner) === ownerOf(definition);

/** OSCAR: a user's service takes no bucket that is there already; here it may be one that its owner may use. */
export function demandUsable({ definition, bucket, uid }: Wanted, rule: BucketRule | undefined): void {
  const owner = ownerOf(definition);
  if (owner === '') return;
  const right = uid === undefined ? rightOf(rule, owner) : undefined;
  if (right === undefined) throw rejected(`the bucket "${bucket}" already exists\n`);
  const mounted = definition.mount.path !== '' && splitPath(definition.mount.path).bucket === bucket;
  if (mounted && !(right === 'own' && rule?.visibility === 'private') && !isFolder(definition, bucket)) {
    throw rejected(`the bucket "${bucket}" must be private to be used as mount`);
  }
}

interface Wanted extends Omit<Need, 'folder'> {
  definition: Definition;
}

const isFolder = ({ input, output }: Definition, bucket: string): boolean =>
  [...input, ...output].some((io) => isOwnStore(io) && splitPath(io.path).bucket === bucket);

/** Buckets of users that the version before was for, and this one is not. */
export function leftOut({ definition, buckets }: Service, before: Definition | undefined): string[] {
  const now = isolatedBuckets(definition).map(({ bucket }) => bucket);
  const then = before ? isolatedBuckets(before).map(({ bucket }) => bucket) : [];
  return then.filter((bucket) => !now.includes(bucket) && buckets.includes(bucket));
}

/** The rules of the buckets that were made for the service; none where the administrator alone may use it. */
export function shares(
  { definition, buckets }: Service,
  before: Definition | undefined,
): [string, BucketRule | undefined][] {
  const owner = ownerOf(definition);
  // OSCAR: the administrator's buckets are nobody else's, until the visibility of the service changes.
  if (owner === '' && (!before || before.visibility === definition.visibility)) return [];
  const apart = isolatedBuckets(definition).map(({ bucket }) => bucket);
  const known = ['restricted', 'public'].includes(definition.visibility);
  return buckets
    .filter((bucket) => !apart.includes(bucket))
    .map((bucket) => {
      const shared = known && isFolder(definition, bucket);
      if (!shared) return [bucket, undefined];
      return [bucket, { owner, visibility: definition.visibility, allowedUsers: definition.allowed_users }];
    });
}
