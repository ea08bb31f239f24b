import { type BucketRight, rightOf, ruleOf } from '../../model/bucketrule.ts';
import { createAccounts } from '../../store/accounts.ts';
import { createBucketRules } from '../../store/bucketrules.ts';
import type { BucketRows } from '../../store/buckets.ts';
import type { Database } from '../../store/database.ts';

/** Who may ask for what. The administrator may do everything; a user what the rule of a bucket says. */
export interface Rights {
  secretOf(accessKey: string): string | undefined;
  isAdmin(accessKey: string): boolean;
  /** What the holder of the key may do with the bucket; nothing when there is no such bucket. */
  on(bucket: string, accessKey: string): BucketRight | undefined;
  /** May the holder of the key make this request? `route` is its name: `bucket PUT policy`. */
  allow(route: string, bucket: string, accessKey: string): boolean;
}

/** They tell the store of services, or of owners: only the daemon and the administrator may change that. */
const administrators = ['bucket PUT notification', 'bucket PUT tagging', 'bucket DELETE tagging'];
/** They change objects, not the bucket. A form is looked at when its signature was read. */
const aboutObjects = ['bucket POST delete', 'bucket POST'];

/** The rights at this store, as they are at the moment they are asked for. */
export function createRights(
  { db, buckets }: { db: Database; buckets: BucketRows },
  keys: { accessKey: string; secretKey: string },
): Rights {
  const accounts = createAccounts(db);
  const rules = createBucketRules(db);
  const isAdmin = (accessKey: string) => accessKey === keys.accessKey;
  const on = (bucket: string, accessKey: string): BucketRight | undefined => {
    if (isAdmin(accessKey)) return 'own';
    const row = buckets.find(bucket);
    return row && rightOf(ruleOf(row.tags, rules.get(bucket)), accessKey);
  };
  return {
    secretOf: (accessKey) => (isAdmin(accessKey) ? keys.secretKey : accounts.secretOf(accessKey)),
    isAdmin,
    on,
    allow: (route, bucket, accessKey) => {
      if (isAdmin(accessKey)) return true;
      // A list of buckets holds only those that its reader may see.
      if (bucket === '') return route === 'service GET';
      if (administrators.includes(route)) return false;
      const right = on(bucket, accessKey);
      return right === 'own' || (right === 'use' && (isReading(route) || aboutObjects.includes(route)));
    },
  };
}

const isReading = (route: string): boolean => route.startsWith('object ') || /^bucket (?:GET|HEAD)\b/.test(route);
