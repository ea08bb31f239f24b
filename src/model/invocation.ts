import { randomUUID } from 'node:crypto';

export type State = 'Pending' | 'Running' | 'Succeeded' | 'Failed';
export type Move = 'start' | 'succeed' | 'fail' | 'retry' | 'delegate';

const moves: Record<State, Partial<Record<Move, State>>> = {
  // Another cluster has it: here nothing is left to do.
  Pending: { start: 'Running', fail: 'Failed', delegate: 'Succeeded' },
  // `retry` is a daemon that comes back: the run was cut, the event was not.
  Running: { succeed: 'Succeeded', fail: 'Failed', retry: 'Pending' },
  Succeeded: {},
  Failed: {},
};

/** The state after a move; an illegal move is a bug and throws. */
export function move(from: State, by: Move): State {
  const to = moves[from][by];
  if (!to) throw new Error(`An invocation that is ${from} cannot ${by}.`);
  return to;
}

/** One run of a service. `run` waits for it, `job` does not. */
export interface Invocation {
  /** OSCAR's job name: `<service>-<uuid>`. */
  id: string;
  service: string;
  /** The version of the service that ran, or that was current when the job was queued. */
  serviceVersion: number;
  /** It runs that version, and no newer one (a replay). */
  pinned: boolean;
  kind: 'run' | 'job';
  /** The object event that made it, if one did. */
  eventId?: string;
  /** The invocation that this one replays. */
  replayOf?: string;
  owner?: string;
  /** The cluster that delegated it to us: it goes to no further one. */
  cameFrom?: string;
  /** The member that it is offered to: as long as nobody knows whether that one has it, it does not run here. */
  givenTo?: string;
  state: State;
  attempt: number;
  exitCode?: number;
  /** Why it failed, a sentence. */
  reason?: string;
  createdAt: number;
  startedAt?: number;
  finishedAt?: number;
}

/** A new job name. OSCAR: a service name of 25 or more characters is cut to its first 16. */
export const jobName = (service: string): string =>
  `${service.length >= 25 ? service.slice(0, 16) : service}-${randomUUID()}`;

export const isFinal = (state: State): boolean => state === 'Succeeded' || state === 'Failed';
