import type { ManagedVolume, VolumeRef } from '../model/volume.ts';
import type { Database } from './database.ts';

/** The managed volumes there are, by name. What is in them is kept elsewhere. */
export interface Volumes {
  /** Those of one namespace. */
  list(namespace: string): ManagedVolume[];
  all(): ManagedVolume[];
  get(ref: VolumeRef): ManagedVolume | undefined;
  /** Answers false when there is one of that name already; nothing changes from the demand on, which may throw. */
  add(volume: ManagedVolume, demand?: () => void): Promise<boolean>;
  /** Keeps this in place of the one of its name. */
  replace(volume: ManagedVolume): Promise<void>;
  /** Notes that it is being deleted, or that it is not after all. */
  mark(ref: VolumeRef, leaving: boolean): Promise<void>;
  remove(ref: VolumeRef): Promise<void>;
}

type Row = Record<string, unknown>;

const fromRow = (row: Row): ManagedVolume => ({
  namespace: row.namespace as string,
  name: row.name as string,
  size: row.size as string,
  owner: row.owner as string,
  maker: row.maker as string,
  policy: row.policy as string,
  leaving: row.leaving === 1,
});

const toRow = (volume: ManagedVolume): Row => ({ ...volume, leaving: volume.leaving ? 1 : 0 });

export function createVolumes(db: Database): Volumes {
  const all = db.prepare('select * from volumes order by namespace, name');
  const some = db.prepare('select * from volumes where namespace = ? order by name');
  const one = db.prepare('select * from volumes where namespace = ? and name = ?');
  const values = 'into volumes values (@namespace, @name, @size, @owner, @maker, @policy, @leaving)';
  const insert = db.prepare(`insert ${values} on conflict do nothing`);
  const put = db.prepare(`insert or replace ${values}`);
  const mark = db.prepare('update volumes set leaving = ? where namespace = ? and name = ?');
  const drop = db.prepare('delete from volumes where namespace = ? and name = ?');
  return {
    list: (namespace) => some.all(namespace).map(fromRow),
    all: () => all.all().map(fromRow),
    get: ({ namespace, name }) => {
      const row = one.get(namespace, name);
      return row && fromRow(row);
    },
    add: (volume, demand) =>
      db.write(() => {
        demand?.();
        return insert.run(toRow(volume)).changes > 0;
      }),
    replace: async (volume) => void (await db.write(() => put.run(toRow(volume)))),
    mark: async ({ namespace, name }, leaving) =>
      void (await db.write(() => mark.run(leaving ? 1 : 0, namespace, name))),
    remove: async ({ namespace, name }) => void (await db.write(() => drop.run(namespace, name))),
  };
}
