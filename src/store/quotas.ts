import { type Limits, usualLimits } from '../model/quota.ts';
import type { Database } from './database.ts';

/** What each user may have. */
export interface Quotas {
  /** What nobody changed is as usual. */
  of(uid: string): Limits;
  change(uid: string, limits: Partial<Limits>): Promise<void>;
}

export function createQuotas(db: Database): Quotas {
  const one = db.prepare('select limits from quotas where uid = ?');
  const put = db.prepare('insert or replace into quotas values (?, ?)');
  const changed = (uid: string) => JSON.parse((one.get(uid)?.limits as string | undefined) ?? '{}') as Partial<Limits>;
  return {
    of: (uid) => ({ ...usualLimits, ...changed(uid) }),
    change: async (uid, limits) =>
      void (await db.write(() => put.run(uid, JSON.stringify({ ...changed(uid), ...limits })))),
  };
}
