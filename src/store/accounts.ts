import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/** A user's account at the store of objects. The access key is their uid, as in OSCAR. */
export interface Account {
  uid: string;
  secret: string;
}

/** The users who were ever here, each with their keys. */
export interface Accounts {
  all(): Account[];
  secretOf(uid: string): string | undefined;
  /** Makes the account of a user who has none. */
  ensure(uid: string): Promise<Account>;
}

// MinIO: 40 characters at most.
const secretBytes = 30;

export function createAccounts(db: Database): Accounts {
  const all = db.prepare('select uid, secret from accounts order by uid');
  const one = db.prepare('select secret from accounts where uid = ?');
  const add = db.prepare('insert into accounts values (?, ?) on conflict do nothing');
  const secretOf = (uid: string) => one.get(uid)?.secret as string | undefined;
  return {
    all: () => all.all().map((row) => ({ uid: row.uid as string, secret: row.secret as string })),
    secretOf,
    ensure: async (uid) => {
      const known = secretOf(uid);
      if (known !== undefined) return { uid, secret: known };
      // Whoever was first counts: two calls of a user may come at once.
      await db.write(() => add.run(uid, randomBytes(secretBytes).toString('base64url')));
      return { uid, secret: secretOf(uid) ?? '' };
    },
  };
}
