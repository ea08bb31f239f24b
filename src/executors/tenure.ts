/** Which names something is going on for. */
export interface Tenure {
  /** Does the work in this name. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Tells when the last work in a name has ended. */
export function createTenure(onVacant: (name: string) => void): Tenure {
  const going = new Map<string, number>();
  const add = (name: string, one: 1 | -1): void => {
    const count = (going.get(name) ?? 0) + one;
    if (count > 0) {
      going.set(name, count);
      return;
    }
    going.delete(name);
    onVacant(name);
  };
  return {
    during: async (name, work) => {
      add(name, 1);
      try {
        return await work();
      } finally {
        add(name, -1);
      }
    },
  };
}
