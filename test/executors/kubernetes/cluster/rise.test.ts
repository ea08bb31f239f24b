import { describe, expect, it } from 'vitest';
import { createRises, within } from '../../../../src/executors/kubernetes/cluster/rise.ts';

describe('bringing a cluster up', () => {
  it('is done once for all who want it', async () => {
    let count = 0;
    const rises = createRises(
      async () => ++count,
      async () => true,
    );
    const all = await Promise.all([rises.current(), rises.current()]);
    expect(await Promise.all(all.map(({ done }) => done))).toEqual([1, 1]);
    expect(await (await rises.current()).done).toBe(1);
  });

  it('is done once more when the cluster is no longer as it was left', async () => {
    let [count, still] = [0, true];
    const rises = createRises(
      async () => ++count,
      async () => still,
    );
    await (await rises.current()).done;
    still = false;
    expect(await (await rises.current()).done).toBe(2);
  });

  it('is done once more after a failure, of which everyone hears who waits', async () => {
    let count = 0;
    const run = async () => {
      count += 1;
      if (count === 1) throw new Error('no room');
      return count;
    };
    const rises = createRises(run, async () => true);
    const { done, made, reached } = await rises.current();
    for (const one of [done, made.promise, reached.promise]) await expect(one).rejects.toThrow('no room');
    expect(await (await rises.current()).done).toBe(2);
  });

  it('is called off', async () => {
    const rises = createRises(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      async () => true,
    );
    const { done } = await rises.current();
    expect(await rises.end()).toBeUndefined();
    await expect(done).rejects.toThrow();
  });

  it('goes on when one of those who wait leaves', async () => {
    const leaving = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const waiting = within(promise, leaving.signal);
    leaving.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    resolve('up');
    expect(await within(promise, new AbortController().signal)).toBe('up');
  });
});
