/** Works of one name one after the other. */
export type Turns = <T>(name: string | undefined, work: () => Promise<T>) => Promise<T>;

/** Turns of their own: what waits here waits for nobody else. */
export function createTurns(): Turns {
  const turns = new Map<string, Promise<unknown>>();
  return <T>(name: string | undefined, work: () => Promise<T>): Promise<T> => {
    const key = name ?? '';
    const mine = (turns.get(key) ?? Promise.resolve()).then(work, work);
    turns.set(key, mine);
    const done = () => void (turns.get(key) === mine && turns.delete(key));
    mine.then(done, done);
    return mine;
  };
}
