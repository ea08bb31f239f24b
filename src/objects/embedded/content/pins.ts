/** Remembers which pieces are being read, and which of those were dropped meanwhile. */
export function createPins() {
  const readers = new Map<string, number>();
  const dropped = new Set<string>();
  return {
    /** Answers the way to end the reading; that one answers what may be unlinked now. */
    pin: (ids: string[]) => {
      for (const id of ids) readers.set(id, (readers.get(id) ?? 0) + 1);
      return (): string[] => {
        for (const id of ids) {
          const left = (readers.get(id) ?? 1) - 1;
          if (left > 0) readers.set(id, left);
          else readers.delete(id);
        }
        return ids.filter((id) => !readers.has(id) && dropped.delete(id));
      };
    },
    free: (ids: string[]): string[] => {
      for (const id of ids) if (readers.has(id)) dropped.add(id);
      return ids.filter((id) => !readers.has(id));
    },
  };
}
