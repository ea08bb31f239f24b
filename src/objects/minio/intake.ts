import type { ObjectEvent } from '../../model/event.ts';
import type { Mark } from '../../store/heard.ts';
import type { OutsideParts } from '../store.ts';
import type { Deleters } from './writers.ts';

/** An event as it was told of, with what names it. */
export interface Told {
  event: ObjectEvent;
  mark: Mark;
}

/** Where every event of a store outside goes through: each counts once, however often it is told of. */
export interface Intake {
  /** On disk when it resolves. `last`: the store's queue tells of these. */
  take(told: Told[], options: { last: boolean; then?(): void }): Promise<void>;
}

export function createIntake({ db, store, onEvent, log }: OutsideParts, deleters: Deleters): Intake {
  const { events, heard } = store;
  const announce = (event: ObjectEvent, jobs: string[]) => {
    try {
      onEvent(event, jobs);
    } catch (error) {
      // The jobs are on disk: the store must not tell of the event again.
      log.error('an event could not be told of', { event: event.id, error: String(error) });
    }
  };
  return {
    take: async (told, { last, then }) => {
      const recorded = await db.write(() => {
        const fresh = told.filter(({ mark }) => heard.add(mark, last));
        const done = fresh.map(({ event }) => {
          const known = withDeleter(event, deleters);
          return { event: known, jobs: events.record(known) };
        });
        then?.();
        return done;
      });
      for (const { event, jobs } of recorded) announce(event, jobs);
    },
  };
}

function withDeleter(event: ObjectEvent, deleters: Deleters): ObjectEvent {
  if (!event.name.startsWith('s3:ObjectRemoved:')) return event;
  const writer = deleters.of(event.bucket, event.key);
  return writer === undefined ? event : { ...event, writer };
}
