/** Which of several instances gets a request. */
export interface Balance {
  /** The addresses in the order to try them: the least busy first, those alike in turn. */
  order(addresses: string[]): string[];
  /** Counts work on the address until it ends. */
  during<T>(address: string, work: () => Promise<T>): Promise<T>;
}

export function createBalance(): Balance {
  const busy = new Map<string, number>();
  let turn = 0;
  const count = (address: string, by: 1 | -1) => {
    const now = (busy.get(address) ?? 0) + by;
    if (now > 0) busy.set(address, now);
    else busy.delete(address);
  };
  return {
    order: (addresses) => {
      turn += 1;
      const first = turn % Math.max(addresses.length, 1);
      const turned = [...addresses.slice(first), ...addresses.slice(0, first)];
      return turned.sort((a, b) => (busy.get(a) ?? 0) - (busy.get(b) ?? 0));
    },
    during: (address, work) => {
      count(address, 1);
      return work().finally(() => count(address, -1));
    },
  };
}
