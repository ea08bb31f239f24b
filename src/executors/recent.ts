/** The newest lines of every service. */
export interface Recent {
  add(service: string, line: string): void;
  /** Oldest first. */
  lines(service: string): string[];
  forget(service: string): void;
}

/** Keeps `most` lines a service, each cut to a length that a screen can show. */
export function createRecent(most: number, longest = 2000): Recent {
  const kept = new Map<string, string[]>();
  return {
    add: (service, line) => {
      const lines = kept.get(service) ?? [];
      lines.push(line.length > longest ? line.slice(0, longest) : line);
      // Cut now and then: shifting at every line would cost more than the line.
      kept.set(service, lines.length >= 2 * most ? lines.slice(-most) : lines);
    },
    lines: (service) => (kept.get(service) ?? []).slice(-most),
    forget: (service) => void kept.delete(service),
  };
}
