import { type ObjectEvent, type Subscription, targets } from '../model/event.ts';
import { jobName } from '../model/invocation.ts';
import type { Database } from './database.ts';

export type Origin = 'service' | 'bucket';

/** Object events, who listens to them, and the jobs they make. */
export interface Events {
  get(id: string): ObjectEvent | undefined;
  /** The blobs of the object version that the event was about, as its writer named them; gone once let go. */
  blobs(id: string): string | undefined;
  /**
   * Inside a transaction (`Database.write`): keeps the event and makes one pending job for each service it starts, and
   * answers their names. An event that nobody listens to is not kept. OSCAR: each job counts as a call of /job.
   */
  record(event: ObjectEvent, blobs?: string): string[];
  /** Forgets the events of which no invocation is kept. */
  prune(): Promise<number>;
  /** The oldest events that still keep their object version though everything they started has ended. */
  settled(limit: number): string[];
  subscriptions(bucket: string): (Subscription & { origin: Origin })[];
  /** Those of every bucket. */
  allSubscriptions(): (Subscription & { origin: Origin })[];
  /** Inside a transaction: replaces the subscriptions that a service's inputs make. */
  subscribeService(service: string, subscriptions: Subscription[]): void;
  /** Inside a transaction: replaces those that came with a bucket's notification configuration. */
  subscribeBucket(bucket: string, subscriptions: Subscription[]): void;
}

const toSubscription = (row: Record<string, unknown>): Subscription & { origin: Origin } => ({
  bucket: row.bucket as string,
  service: row.service as string,
  events: JSON.parse(row.events as string) as string[],
  prefix: row.prefix as string,
  suffix: row.suffix as string,
  origin: row.origin as Origin,
});

export function createEvents(db: Database): Events {
  const one = db.prepare('select event, blobs from events where id = ?');
  const insert = db.prepare('insert into events values (@id, @time, @bucket, @key, @event, @blobs)');
  const listening = db.prepare('select * from subscriptions where bucket = ?');
  const everyone = db.prepare('select * from subscriptions order by bucket, prefix, service');
  const current = db.prepare('select version from services where name = ?');
  const queue = db.prepare(
    `insert into invocations (id, service, service_version, kind, event_id, owner, state, attempt, created_at)
     values (@id, @service, @version, 'job', @event, @owner, 'Pending', 0, @at)`,
  );
  const prune = db.prepare(
    'delete from events where not exists (select 1 from invocations where invocations.event_id = events.id)',
  );
  const settled = db.prepare(
    `select id from events where blobs is not null and not exists (select 1 from invocations
     where invocations.event_id = events.id and state in ('Pending', 'Running')) order by time limit ?`,
  );
  const call = db.prepare(
    `insert into requests values (@time, 201, 0, @sourceIp, 'POST', '/job/' || @service, @principal)`,
  );
  const dropService = db.prepare(`delete from subscriptions where service = ? and origin = 'service'`);
  const dropBucket = db.prepare(`delete from subscriptions where bucket = ? and origin = 'bucket'`);
  const add = db.prepare('insert into subscriptions values (@bucket, @service, @events, @prefix, @suffix, @origin)');
  const addAll = (subscriptions: Subscription[], origin: Origin) => {
    for (const s of subscriptions) add.run({ ...s, events: JSON.stringify(s.events), origin });
  };

  const subscriptions = (bucket: string) => listening.all(bucket).map(toSubscription);

  return {
    get: (id) => {
      const row = one.get(id);
      return row ? (JSON.parse(row.event as string) as ObjectEvent) : undefined;
    },
    blobs: (id) => (one.get(id)?.blobs as string | null | undefined) ?? undefined,
    record: (event, blobs) => {
      const jobs: string[] = [];
      for (const service of targets(event, subscriptions(event.bucket))) {
        const version = current.get(service)?.version;
        if (version === undefined) continue;
        const id = jobName(service);
        queue.run({ id, service, version, event: event.id, owner: event.principal, at: event.time });
        call.run({ time: event.time, sourceIp: event.sourceIp, service, principal: event.principal });
        jobs.push(id);
      }
      if (jobs.length > 0) {
        const { id, time, bucket, key } = event;
        insert.run({ id, time, bucket, key, event: JSON.stringify(event), blobs: blobs ?? null });
      }
      return jobs;
    },
    prune: () => db.write(() => prune.run().changes),
    settled: (limit) => settled.all(limit).map((row) => row.id as string),
    subscriptions,
    allSubscriptions: () => everyone.all().map(toSubscription),
    subscribeService: (service, list) => {
      dropService.run(service);
      addAll(list, 'service');
    },
    subscribeBucket: (bucket, list) => {
      dropBucket.run(bucket);
      addAll(list, 'bucket');
    },
  };
}
