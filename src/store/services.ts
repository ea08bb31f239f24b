import type { Definition, Service, Source } from '../model/service.ts';
import type { Database } from './database.ts';

/** The declared services, and every version of them that an invocation still needs. */
export interface Services {
  list(): Service[];
  get(name: string): Service | undefined;
  /** A version as it was declared, also of a service that is gone. */
  version(name: string, version: number): Service | undefined;
  /** Saves the next version of the service and answers it; one that was stopped is so no more. */
  save(service: Omit<Service, 'version'>): Promise<Service>;
  /** Changes what is known about a service without making a version. */
  note(name: string, known: Partial<Noted>): Promise<void>;
  remove(name: string): Promise<void>;
  /** Forgets the versions that no invocation can need any more; the newest of each name stays. */
  pruneVersions(): Promise<void>;
}

/** What may change about a version. */
type Noted = Pick<Service, 'buckets' | 'warnings' | 'definition' | 'stopped' | 'restartedAt'>;

type Row = Record<string, unknown>;

const fromRow = (row: Row): Service => ({
  name: row.name as string,
  version: row.version as number,
  fingerprint: row.fingerprint as string,
  definition: JSON.parse(row.definition as string) as Definition,
  secrets: JSON.parse(row.secrets as string) as Record<string, string>,
  source: JSON.parse(row.source as string) as Source,
  buckets: JSON.parse(row.buckets as string) as string[],
  warnings: JSON.parse(row.warnings as string) as string[],
  declaredAt: row.declared_at as number,
  ...(row.stopped ? { stopped: true } : {}),
  ...(row.restarted_at ? { restartedAt: row.restarted_at as number } : {}),
});

export function createServices(db: Database): Services {
  const all = db.prepare('select name from services order by name');
  const one = db.prepare('select * from services where name = ?');
  const newest = db.prepare('select max(version) as version from service_versions where name = ?');
  const insert = db.prepare(
    `insert or replace into services values
     (@name, @version, @fingerprint, @definition, @secrets, @source, @buckets, @warnings, @declaredAt,
      @stopped, @restartedAt)`,
  );
  const keep = db.prepare('insert into service_versions values (?, ?, ?)');
  const old = db.prepare('select service from service_versions where name = ? and version = ?');
  const drop = db.prepare('delete from services where name = ?');

  const prune = db.prepare(
    `delete from service_versions as old where not exists (select 1 from invocations i
     where i.service = old.name and i.service_version = old.version)
     and version < (select max(version) from service_versions newer where newer.name = old.name)`,
  );

  // The number of a deleted service's last version stays, so that it is never used again; its secrets do not.
  const blank = db.prepare(
    `update service_versions as last set service = '' where service <> ''
     and not exists (select 1 from services s where s.name = last.name)
     and not exists (select 1 from invocations i where i.service = last.name and i.service_version = last.version)`,
  );

  const put = (service: Service) =>
    insert.run({
      ...service,
      definition: JSON.stringify(service.definition),
      secrets: JSON.stringify(service.secrets),
      source: JSON.stringify(service.source),
      buckets: JSON.stringify(service.buckets),
      warnings: JSON.stringify(service.warnings),
      stopped: service.stopped ? 1 : 0,
      restartedAt: service.restartedAt ?? 0,
    });

  // Every call of a service reads it: parsed once, forgotten with the next change.
  const known = new Map<string, Service>();
  const get = (name: string) => {
    const cached = known.get(name);
    if (cached) return cached;
    const row = one.get(name);
    if (!row) return undefined;
    const service = fromRow(row);
    known.set(name, service);
    return service;
  };

  return {
    list: () =>
      all
        .all()
        .map((row) => get(row.name as string))
        .filter((service) => service !== undefined),
    get,
    version: (name, version) => {
      const row = old.get(name, version);
      return row?.service ? (JSON.parse(row.service as string) as Service) : undefined;
    },
    save: async (declared) => {
      const saved = await db.write(() => {
        const last = (newest.get(declared.name)?.version as number | null) ?? 0;
        // What is declared is to run, by the servers that are there if it is the same.
        const { restartedAt = 0 } = get(declared.name) ?? {};
        const service: Service = { ...declared, ...(restartedAt ? { restartedAt } : {}), version: last + 1 };
        put(service);
        keep.run(service.name, service.version, JSON.stringify(service));
        return service;
      });
      known.delete(declared.name);
      return saved;
    },
    note: async (name, change) => {
      await db.write(() => {
        const row = one.get(name);
        if (row) put({ ...fromRow(row), ...change });
      });
      known.delete(name);
    },
    pruneVersions: async () => {
      await db.write(() => {
        prune.run();
        blank.run();
      });
    },
    remove: async (name) => {
      await db.write(() => drop.run(name));
      known.delete(name);
    },
  };
}
