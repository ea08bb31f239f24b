import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Subscription } from '../../model/event.ts';
import type { Endpoint } from '../buckets.ts';
import type { OutsideParts } from '../store.ts';
import type { Connection } from './connection.ts';
import { orUndefined } from './failures.ts';
import { createTurns, type Feed, untilDone } from './feed.ts';
import { notificationsFor } from './notifications.ts';
import { isReady } from './readiness.ts';
import type { Scanner } from './scan.ts';
import { hear, type StreamParts } from './stream.ts';
import { listenTo, scanAll, watchAll } from './watching.ts';

export interface WebhookParts extends Pick<OutsideParts, 'db' | 'store' | 'now' | 'log'> {
  connection(): Connection;
  endpoint(): Endpoint;
  scanner: Scanner;
}

/**
 * Events that MinIO sends to our webhooks, for the buckets whose notifications name them. While MinIO starts it takes
 * objects already and tells of none: whenever it was away, the folders are looked through.
 */
export function createWebhookFeed(parts: WebhookParts): Feed {
  const { db, store, connection, scanner, log } = parts;
  const { events, heard } = store;
  const turn = createTurns();
  const ended = new AbortController();
  const subscribe = async (service: string, wanted: Subscription[]) => {
    const before = events.allSubscriptions();
    const after = [...before.filter((s) => s.service !== service || s.origin !== 'service'), ...wanted];
    for (const bucket of new Set([...before.filter((s) => s.service === service), ...wanted].map((s) => s.bucket))) {
      const here = after.filter((s) => s.bucket === bucket);
      const done = configure(connection(), bucket, here);
      // Nobody has to be told that a bucket which is gone tells of nothing any more.
      await (wanted.some((s) => s.bucket === bucket) ? done : orUndefined(done));
    }
    await listenTo({ db, store, scanner }, service, wanted);
  };
  const { signal } = ended;
  const notify = async () => {
    const all = Map.groupBy(events.allSubscriptions(), (s) => s.bucket);
    for (const [bucket, here] of all) await orUndefined(configure(connection(), bucket, here));
  };
  const catchUp = async () => {
    const { url } = parts.endpoint();
    if (!(await isReady(url))) throw new SandboxError('unavailable', `MinIO is not ready at ${url}.`);
    await notify();
    await scanAll(store, scanner);
  };
  const catchUpSurely = () => untilDone(() => turn(catchUp), { signal, log });
  const catchUpNowAndThen = async () => {
    while (!signal.aborted) {
      await pause(distrustMs, undefined, { signal, ref: false }).catch(() => undefined);
      await catchUpSurely();
    }
  };
  let work: Promise<void>[] = [];
  return {
    open: async () => {
      await turn(async () => {
        await notify();
        await watchAll({ db, store, scanner });
      });
      work = [hear({ ...parts, ...thePulse, signal, on: listener(catchUpSurely, log) }), catchUpNowAndThen()];
    },
    subscribe: (service, wanted) => turn(() => subscribe(service, wanted)),
    tidy: () => db.write(() => heard.forgetTold(lateMs)),
    close: async () => {
      ended.abort();
      scanner.close();
      await Promise.all(work);
      await turn(async () => undefined);
    },
  };
}

/** How late, by MinIO's clock, an object may appear in a listing or a queued event be out of order. */
export const lateMs = 3_600_000;

/** Nothing should be missing; and what was seen need not be remembered for ever. */
const distrustMs = 3_600_000;

/** Of no bucket in particular and hardly ever told of: what counts is that the connection breaks when MinIO ends. */
const thePulse = { bucket: '', events: 's3:BucketRemoved:*' };

const listener = (connected: () => Promise<void>, log: Log): StreamParts['on'] => ({
  connected,
  record: async () => undefined,
  unknown: async () => log.warn('MinIO cannot be listened to'),
  failed: (error) => log.warn('MinIO does not answer', { error: String(error) }),
});

async function configure({ client, ask }: Connection, Bucket: string, here: Subscription[]): Promise<void> {
  const about = { bucket: Bucket };
  const { QueueConfigurations: present = [] } = await ask(about, () =>
    client.getBucketNotificationConfiguration({ Bucket }),
  );
  const QueueConfigurations = notificationsFor(here, present);
  if (isDeepStrictEqual(plain(QueueConfigurations), plain(present))) return;
  const NotificationConfiguration = QueueConfigurations.length > 0 ? { QueueConfigurations } : {};
  await ask(about, () => client.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration }));
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
