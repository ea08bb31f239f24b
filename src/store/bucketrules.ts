import type { BucketRule } from '../model/bucketrule.ts';
import type { Database } from './database.ts';

/** Who may use which bucket, as far as it was ever said. */
export interface BucketRules {
  get(bucket: string): BucketRule | undefined;
  set(bucket: string, rule: BucketRule): Promise<void>;
  /** Nothing is said of it any more. */
  forget(bucket: string): Promise<void>;
}

export function createBucketRules(db: Database): BucketRules {
  const one = db.prepare('select * from bucket_rules where bucket = ?');
  const put = db.prepare('insert or replace into bucket_rules values (?, ?, ?, ?)');
  const drop = db.prepare('delete from bucket_rules where bucket = ?');
  return {
    get: (bucket) => {
      const row = one.get(bucket);
      return (
        row && {
          owner: row.owner as string,
          visibility: row.visibility as string,
          allowedUsers: JSON.parse(row.allowed_users as string) as string[],
        }
      );
    },
    set: async (bucket, { owner, visibility, allowedUsers }) =>
      void (await db.write(() => put.run(bucket, owner, visibility, JSON.stringify(allowedUsers)))),
    forget: async (bucket) => void (await db.write(() => drop.run(bucket))),
  };
}
