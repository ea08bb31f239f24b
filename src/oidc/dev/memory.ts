/** Something that is known for a while: a login that is under way, a code that waits to be exchanged. */
type Payload = Record<string, unknown>;

interface Entry {
  payload: Payload;
  until: number;
}

/** Where one kind of such things is remembered. */
export interface Memory {
  upsert(id: string, payload: Payload, seconds?: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  findByUid(uid: string): Promise<Payload | undefined>;
  findByUserCode(code: string): Promise<Payload | undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(id: string): Promise<void>;
}

const most = 1_000;

/** Remembers the latest thousand, each until its time is up. */
export function createMemory(now: () => number): Memory {
  const entries = new Map<string, Entry>();
  const fresh = (entry: Entry | undefined) => (entry && entry.until > now() ? entry.payload : undefined);
  const having = async (key: string, value: string) =>
    [...entries.values()].map(fresh).find((payload) => payload?.[key] === value);
  return {
    upsert: async (id, payload, seconds = 3_600) => {
      for (const [old, { until }] of entries) if (until <= now() || entries.size >= most) entries.delete(old);
      entries.set(id, { payload, until: now() + 1_000 * seconds });
    },
    find: async (id) => fresh(entries.get(id)),
    findByUid: (uid) => having('uid', uid),
    findByUserCode: (code) => having('userCode', code),
    consume: async (id) => {
      const payload = fresh(entries.get(id));
      if (payload) payload.consumed = Math.floor(now() / 1_000);
    },
    destroy: async (id) => void entries.delete(id),
    revokeByGrantId: async (id) => {
      for (const [key, { payload }] of entries) if (payload.grantId === id) entries.delete(key);
    },
  };
}

/** Forgets at once, and finds what a rule says of an id. */
export const createRule = (find: (id: string) => Payload | undefined): Memory => ({
  upsert: async () => undefined,
  find: async (id) => find(id),
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
});
