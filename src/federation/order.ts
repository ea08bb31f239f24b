import { membersOf } from '../model/federation.ts';
import type { Definition, Replica } from '../model/service.ts';
import { fits, loadOf, type Room } from './status.ts';

/** What a choice is made by. */
export interface Choice {
  /** A number from 0 on, below 1. */
  random(): number;
  /** How busy the cluster of a member is; nothing where it does not tell. */
  room(member: Replica): Promise<Room | undefined>;
}

/** OSCAR: a member from here on is there, and gets no jobs. */
const notForJobs = 101;

/** The members that a job may go to, the best one first, as the service wants them chosen. */
export async function ordered(definition: Definition, choice: Choice): Promise<Replica[]> {
  const members = membersOf(definition)
    .filter(({ priority }) => priority < notForJobs)
    .sort((a, b) => a.priority - b.priority);
  // OSCAR: without a word about it, members get no jobs; its documentation has `static` as what is meant.
  const delegation = definition.federation?.delegation || 'static';
  if (delegation === 'static') return members;
  const asked = await Promise.all(members.map(async (member) => ({ member, room: await choice.room(member) })));
  // Whoever does not tell may have room.
  const possible = asked.filter(({ room }) => !room || fits(definition, room));
  const weighed = possible.map(({ member, room }) => ({ member, weight: weightOf(delegation, room, choice) }));
  return weighed.sort((a, b) => a.weight - b.weight).map(({ member }) => member);
}

/** The lighter goes first; who cannot be weighed comes last, by the priority. */
function weightOf(delegation: string, room: Room | undefined, { random }: Choice): number {
  if (delegation === 'random') return random();
  return room ? loadOf(room) : 101;
}
