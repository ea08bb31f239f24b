import type { Line } from '../model/deployment.ts';

/** The newest lines of every service. */
export interface Recent {
  /** Said now, unless it is known when. */
  add(service: string, text: string, at?: number): void;
  /** Oldest first. */
  lines(service: string): Line[];
  forget(service: string): void;
}

/** Kept lines are cut now and then: shifting at every line would cost more than the line. */
const slack = 200;

const longest = 2000;

/** Keeps `most` lines a service, each cut to a length that a screen can show. */
export function createRecent(most: number, now: () => number): Recent {
  const kept = new Map<string, Line[]>();
  return {
    add: (service, text, at = now()) => {
      const lines = kept.get(service) ?? [];
      lines.push({ at, text: text.length > longest ? text.slice(0, longest) : text });
      kept.set(service, lines.length >= most + slack ? lines.slice(-most) : lines);
    },
    lines: (service) => (kept.get(service) ?? []).slice(-most),
    forget: (service) => void kept.delete(service),
  };
}
