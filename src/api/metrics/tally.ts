import type { Happening } from '../protocol.ts';

/** The invocations of one kind and service that ended in one state, since the sandbox was started. */
export interface Tally {
  service: string;
  kind: string;
  state: string;
  count: number;
  /** How long they ran, together. */
  seconds: number;
  /** How many of them took no longer than the limit at the same place of `limits`. */
  within: number[];
}

/** Counts invocations as they end. */
export interface Tallies {
  /** By service, kind and state. */
  list(): Tally[];
  hear(happening: Happening): void;
}

/** Seconds: from a script in a warm shell to a job of half an hour. */
export const limits = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export function createTallies(): Tallies {
  const tallies = new Map<string, Tally>();
  const finished = ({ service = '', details = {} }: Happening) => {
    const [kind, state] = [String(details.kind), String(details.state)];
    const seconds = Number(details.ms) / 1000;
    const key = `${service} ${kind} ${state}`;
    const tally = tallies.get(key) ?? { service, kind, state, count: 0, seconds: 0, within: limits.map(() => 0) };
    tallies.set(key, {
      ...tally,
      count: tally.count + 1,
      seconds: tally.seconds + seconds,
      within: tally.within.map((count, index) => (seconds <= (limits[index] ?? 0) ? count + 1 : count)),
    });
  };
  return {
    list: () => [...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tally]) => tally),
    hear: (happening) => {
      if (happening.kind === 'invocation-finished') finished(happening);
      // There are no more of them than there are services.
      if (happening.kind !== 'service-removed') return;
      for (const [key, { service }] of tallies) if (service === happening.service) tallies.delete(key);
    },
  };
}
