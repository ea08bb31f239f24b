import { lentStore } from '../model/federation.ts';
import type { Invocation } from '../model/invocation.ts';
import type { Service } from '../model/service.ts';

/**
 * May another cluster run it? Not what came from one, or it would go round in circles; not what is run once more here;
 * and not what reads a file in our store, when the members have no keys to that.
 */
export const mayLeave = ({ cameFrom, replayOf, eventId }: Invocation, { definition }: Service): boolean =>
  cameFrom === undefined && replayOf === undefined && (eventId === undefined || lentStore(definition) !== undefined);
