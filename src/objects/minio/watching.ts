import type { Subscription } from '../../model/event.ts';
import type { Heard, Mark, Watched } from '../../store/heard.ts';
import type { OutsideParts } from '../store.ts';
import { orUndefined } from './failures.ts';
import type { Scanner } from './scan.ts';

type Place = Pick<Watched, 'bucket' | 'prefix'>;

/** Where objects that arrive make somebody's jobs. */
const placesOf = (subscriptions: Subscription[]): Place[] =>
  subscriptions
    .filter(({ events }) => events.some((name) => !name.startsWith('s3:ObjectRemoved:')))
    .map(({ bucket, prefix }) => ({ bucket, prefix }));

const same = (one: Place, other: Place): boolean => one.bucket === other.bucket && one.prefix === other.prefix;

export interface WatchParts extends Pick<OutsideParts, 'db' | 'store'> {
  scanner: Scanner;
}

/**
 * Changes what a service listens to, together with what is looked through for it: an object is either there before, and
 * no news, or it is found.
 */
export async function listenTo(
  { db, store, scanner }: WatchParts,
  service: string,
  wanted: Subscription[],
): Promise<void> {
  const { events, heard } = store;
  const others = events.allSubscriptions().filter((s) => s.service !== service || s.origin !== 'service');
  const places = placesOf([...others, ...wanted]);
  const watched = heard.watched();
  const begun: Begun[] = [];
  for (const place of placesOf(wanted)) {
    if (watched.some((one) => same(one, place)) || begun.some((one) => same(one.watched, place))) continue;
    begun.push(await scanner.begin(place.bucket, place.prefix));
  }
  await db.write(() => {
    events.subscribeService(service, wanted);
    for (const one of begun) watch(heard, one);
    for (const one of watched) if (!places.some((place) => same(place, one))) heard.unwatch(one);
  });
}

interface Begun {
  watched: Watched;
  seen: Mark[];
}

function watch(heard: Heard, { watched, seen }: Begun): void {
  heard.watch(watched);
  for (const mark of seen) heard.add(mark, false);
}

/** Watches what is subscribed to and not watched yet: those who listen did so on another store. */
export async function watchAll({ db, store, scanner }: WatchParts): Promise<void> {
  const { events, heard } = store;
  for (const place of placesOf(events.allSubscriptions())) {
    if (heard.watched().some((one) => same(one, place))) continue;
    const begun = await orUndefined(scanner.begin(place.bucket, place.prefix));
    if (begun) await db.write(() => watch(heard, begun));
  }
}

/** Looks through everything that is watched; a bucket that is gone has nothing new. */
export async function scanAll(store: OutsideParts['store'], scanner: Scanner): Promise<void> {
  for (const bucket of new Set(store.heard.watched().map((one) => one.bucket))) {
    await orUndefined(scanner.scan(bucket));
  }
}
