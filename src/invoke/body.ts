import type { Invocation } from '../model/invocation.ts';
import type { Payload } from '../model/task.ts';
import type { InvokeParts } from './parts.ts';

/** The body a job was given: its own, or the record of the event that made it. */
export function bodyOf(
  { id, eventId }: Invocation,
  { store, eventBody }: Pick<InvokeParts, 'store' | 'eventBody'>,
): Payload | undefined {
  const own = store.invocations.payload(id);
  if (own) return own;
  const event = eventId && store.events.get(eventId);
  return event ? { bytes: eventBody(event) } : undefined;
}
