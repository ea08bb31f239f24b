import { expect, it } from 'vitest';
import { createCrowd } from '../../../src/executors/docker/exposed/crowd.ts';
import { createScale } from '../../../src/executors/docker/exposed/scale.ts';

it('instances are counted as Kubernetes counts them', () => {
  const rows: [at: number, current: number, use: number, wanted: number][] = [
    [0, 1, 80, 1],
    [15, 1, 87, 1],
    [30, 1, 89, 2],
    [45, 2, 160, 4],
    // No more than twice as many, or four more, at once.
    [60, 4, 900, 8],
    [75, 8, 900, 10],
    // Fewer only after five calm minutes.
    [90, 10, 20, 10],
    [374, 10, 20, 10],
    [391, 10, 20, 3],
    [700, 3, 0, 1],
    [715, 1, 0, 1],
  ];
  const decide = createScale({ min: 1, max: 10, threshold: 80, calmMs: 300_000 });
  for (const [at, current, use, wanted] of rows) {
    expect([at, decide({ current, use, now: at * 1000 })]).toEqual([at, wanted]);
  }
});

it('nothing is made for a version that has ended, however late somebody counts', async () => {
  const there = new Set<string>();
  let count = 0;
  const look = (id: string) => ({
    id,
    condition: () => ({ state: 'ready' as const }),
    address: () => undefined,
    lines: () => [],
    use: async () => undefined,
    leave: () => undefined,
    remove: async () => void there.delete(id),
  });
  const make = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    count += 1;
    there.add(`instance ${count}`);
    return `instance ${count}`;
  };
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const crowd = createCrowd({ make, look, drainMs: 1, onChange: () => undefined, onFailure });
  await crowd.want(2);
  expect([...there]).toEqual(['instance 1', 'instance 2']);
  const late = crowd.want(4);
  await crowd.remove();
  await late;
  await crowd.want(3);
  expect({ there: [...there], instances: crowd.instances(), failures }).toEqual({
    there: [],
    instances: [],
    failures: [],
  });
});
