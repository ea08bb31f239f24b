import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../../model/errors.ts';
import type { Subscription } from '../../model/event.ts';
import type { Endpoint } from '../buckets.ts';
import type { OutsideParts } from '../store.ts';
import { orUndefined } from './failures.ts';
import { createTurns, type Feed, untilDone } from './feed.ts';
import type { Intake } from './intake.ts';
import { markOf } from './marks.ts';
import { eventIn } from './record.ts';
import type { Scanner } from './scan.ts';
import { hear } from './stream.ts';
import { listenTo, watchAll } from './watching.ts';

export interface ListeningParts extends Pick<OutsideParts, 'db' | 'store' | 'now' | 'log'> {
  endpoint(): Endpoint;
  intake: Intake;
  scanner: Scanner;
  lateMs: number;
}

interface Ear {
  close(): Promise<void>;
}

/**
 * Events of a store that nobody may set webhooks in: one connection a bucket tells of them, and whenever it was away the
 * folders are looked through. A store that knows no such call is looked through all the time.
 */
export function createListeningFeed(parts: ListeningParts): Feed {
  const { db, store, scanner, lateMs } = parts;
  const turn = createTurns();
  const ears = new Map<string, Ear>();
  const listen = async () => {
    const wanted = new Map<string, { bucket: string; events: string }>(
      store.events.allSubscriptions().flatMap(({ bucket, events }) => kindsOf(bucket, events)),
    );
    for (const [name, ear] of ears) {
      if (wanted.has(name)) continue;
      ears.delete(name);
      await ear.close();
    }
    for (const [name, { bucket, events }] of wanted) {
      if (!ears.has(name)) ears.set(name, createEar(parts, bucket, events));
    }
  };
  return {
    open: () =>
      turn(async () => {
        await watchAll({ db, store, scanner });
        await listen();
      }),
    subscribe: (service, wanted) =>
      turn(async () => {
        await listenTo({ db, store, scanner }, service, wanted);
        await listen();
      }),
    tidy: () => db.write(() => store.heard.forgetSeen(lateMs)),
    close: () => {
      scanner.close();
      return turn(async () => void (await Promise.all([...ears.values()].map((ear) => ear.close()))));
    },
  };
}

const kindsOf = (bucket: string, patterns: Subscription['events']) =>
  patterns.map((pattern) => {
    const events = pattern.startsWith('s3:ObjectRemoved:') ? 's3:ObjectRemoved:*' : 's3:ObjectCreated:*';
    return [`${bucket} ${events}`, { bucket, events }] as const;
  });

const shortestMs = 1_000;
/** How much longer than a look takes the store has its peace afterwards. */
const ease = 20;
/** A store that is just starting refuses what it will know later. */
const retryMs = 60_000;
/** A store that is too busy drops what it should tell, and says nothing: so it is looked through now and then as well. */
const distrustMs = 600_000;

function createEar(parts: ListeningParts, bucket: string, events: string): Ear {
  const { scanner, intake, log, now } = parts;
  const ended = new AbortController();
  const { signal } = ended;
  const rest = (ms: number) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
  const failed = (error: unknown) => log.warn('the store tells of no events', { bucket, error: String(error) });
  const look = () => untilDone(() => orUndefined(scanner.scan(bucket)), { signal, log });
  const lookAgainAndAgain = async (shortestMs: number, untilMs: number) => {
    while (!signal.aborted && now() < untilMs) {
      const began = now();
      await look();
      await rest(Math.max(shortestMs, (now() - began) * ease));
    }
  };
  const take = async (line: string) => {
    for (const event of eventsIn(line)) await intake.take([{ event, mark: markOf(event) }], { last: false });
  };
  const on = {
    connected: look,
    // What could not be taken in is found by the next look.
    record: (line: string) => take(line).catch(failed),
    unknown: () => lookAgainAndAgain(shortestMs, now() + retryMs),
    failed,
  };
  const work = [
    hear({ ...parts, bucket, events, signal, on }),
    lookAgainAndAgain(distrustMs, Number.POSITIVE_INFINITY),
  ];
  return {
    close: async () => {
      ended.abort();
      await Promise.all(work);
    },
  };
}

function eventsIn(line: string) {
  try {
    const { Records } = JSON.parse(line) as { Records?: unknown };
    const records = Array.isArray(Records) ? Records : [];
    return records.flatMap((record) => eventIn(record, 'plain') ?? []);
  } catch (cause) {
    throw new SandboxError('invalid', 'The store told of something that is no event.', { cause });
  }
}
