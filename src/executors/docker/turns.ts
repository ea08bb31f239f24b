/** One thing at a time for each name, in the order in which they are asked for. */
export type Turns = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Nobody has a turn yet. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(work, work);
    const done = () => void (last.get(name) === mine && last.delete(name));
    last.set(name, mine);
    mine.then(done, done);
    return mine;
  };
}
