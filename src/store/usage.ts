import type { Database } from './database.ts';

/** How a service was asked: by `/run`, by `/job` or an event, or as the web server that it is. */
export type Way = 'sync' | 'async' | 'exposed';

/** From when to when, both inclusive, in milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/** So many requests of one user. */
export interface Asked {
  service: string;
  way: Way;
  /** As `GET /system/logs` names them; nobody is known of a request for an exposed service. */
  user: string;
  count: number;
}

/** How long invocations of a service ran that had so much of the machine each. */
export interface Worked {
  service: string;
  /** A quantity, or nothing. */
  cpu: string;
  gpus: number;
  ms: number;
}

/** What was asked of services and what that took; it outlives the calls, invocations and services it tells of. */
export interface Usage {
  /** Counts a request that an exposed service was sent. */
  visited(service: string, time: number): Promise<void>;
  /** What was asked in that span, in the order of services and users. */
  asked(span: Span): Asked[];
  /** What ended in that span. */
  worked(span: Span): Worked[];
  /** All that was ever asked of the services that are declared. */
  totals(): Omit<Asked, 'user'>[];
  /** Makes the older records one an hour, and forgets the oldest. */
  fold(now: number): Promise<void>;
}

const hourMs = 3_600_000;
/** Records that are exact are younger than two days, those of hours than a year and a bit. */
const exactMs = 48 * hourMs;
const keptMs = 400 * 24 * hourMs;
/** And there are no more of them than this. */
const most = { exact: 50_000, hours: 200_000 };

export function createUsage(db: Database, bounds: typeof most = most): Usage {
  const visit = db.prepare(`insert into usage values (?, ?, 'exposed', '', '', 0, 1, 0)`);
  // An hour counts whole when the span touches it.
  const within = (columns: string) =>
    `select ${columns} from usage where time between @from and @to
     union all select ${columns} from usage_hours where time between @from - ${hourMs - 1} and @to`;
  const asked = db.prepare(
    `select service, way, user, sum(count) as count from (${within('service, way, user, count')})
     where way <> 'work' group by service, user, way order by service, user`,
  );
  const worked = db.prepare(
    `select service, cpu, gpus, sum(ms) as ms from (${within('service, way, cpu, gpus, ms')})
     where way = 'work' group by service, cpu, gpus order by service`,
  );
  const totals = db.prepare('select service, way, count from usage_totals join services on name = service');
  const { fold } = folding(db, bounds);
  return {
    visited: async (service, time) => void (await db.later(() => visit.run(time, service))),
    asked: (span) =>
      asked.all(span).map((row) => ({
        service: row.service as string,
        way: row.way as Way,
        user: row.user as string,
        count: row.count as number,
      })),
    worked: (span) =>
      worked.all(span).map((row) => ({
        service: row.service as string,
        cpu: row.cpu as string,
        gpus: row.gpus as number,
        ms: row.ms as number,
      })),
    totals: () =>
      totals.all().map((row) => ({
        service: row.service as string,
        way: row.way as Way,
        count: row.count as number,
      })),
    fold: (now) => db.write(() => fold(now)),
  };
}

function folding(db: Database, bounds: typeof most) {
  const surplus = db.prepare('select time from usage order by time desc limit 1 offset ?');
  const gather = db.prepare(
    `insert into usage_hours select time - time % ${hourMs}, service, way, user, cpu, gpus, sum(count), sum(ms)
     from usage where time < ? group by 1, 2, 3, 4, 5, 6
     on conflict do update set count = count + excluded.count, ms = ms + excluded.ms`,
  );
  const drop = db.prepare('delete from usage where time < ?');
  const surplusHours = db.prepare('select time from usage_hours order by time desc limit 1 offset ?');
  const dropHours = db.prepare('delete from usage_hours where time < ?');
  // Anyone may ask for services that are not there, by any name.
  const dropTotals = db.prepare('delete from usage_totals where service not in (select name from services)');
  return {
    fold: (now: number): void => {
      const before = Math.max(now - exactMs, (surplus.get(bounds.exact)?.time as number | undefined) ?? 0);
      gather.run(before);
      drop.run(before);
      dropHours.run(Math.max(now - keptMs, (surplusHours.get(bounds.hours)?.time as number | undefined) ?? 0));
      dropTotals.run();
    },
  };
}
