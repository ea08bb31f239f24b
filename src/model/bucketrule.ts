import { isReserved } from './person.ts';

/** Whose a bucket is, and who besides them may use it. */
export interface BucketRule {
  /** The user's uid; empty for the administrator. */
  owner: string;
  /** `private`, `restricted`, or else it is as `public`. */
  visibility: string;
  allowedUsers: string[];
}

/** What a user may do: everything with what is theirs, or read, write and delete the objects in it. */
export type BucketRight = 'own' | 'use';

/**
 * The rule of a bucket: its tags tell the owner, what was kept of it tells the rest. A bucket of a user of which nothing
 * was kept is private; one of the administrator has no rule unless it was given one. OSCAR: policies of its MinIO.
 */
export function ruleOf(tags: Record<string, string>, kept: BucketRule | undefined): BucketRule | undefined {
  const owner = isReserved(tags.owner ?? '') ? '' : (tags.owner ?? '');
  if (kept?.owner === owner) return kept;
  return owner === '' ? undefined : { owner, visibility: 'private', allowedUsers: [] };
}

/** What this user may do with a bucket of this rule; nothing when there is none. */
export function rightOf(rule: BucketRule | undefined, uid: string): BucketRight | undefined {
  if (!rule || isReserved(uid)) return undefined;
  if (rule.owner === uid) return 'own';
  if (rule.visibility === 'private') return undefined;
  return rule.visibility !== 'restricted' || rule.allowedUsers.includes(uid) ? 'use' : undefined;
}
