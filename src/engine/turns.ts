/** Runs works that have the same key one after the other, in the order in which they came. */
export function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, mine);
    const done = () => void (last.get(key) === mine && last.delete(key));
    mine.then(done, done);
    return mine;
  };
}
