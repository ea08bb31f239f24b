import { beforeEach, describe, expect, it } from 'vitest';
import type { Attached } from '../../../src/engine/engine.ts';
import type { Cell } from '../../../src/executors/docker/cell.ts';
import { createShelf, type Shelf } from '../../../src/executors/docker/shelf.ts';
import { silent } from '../../../src/log.ts';
import { declared } from '../../fakes/definitions.ts';

describe('the shelf of spare containers', () => {
  /** The services of those that are being made, each with how to let it come to be. */
  let making: { name: string; done(): void }[];
  /** The services of those that are there. */
  let there: string[];
  let most: number;
  let shelf: Shelf;
  beforeEach(() => {
    making = [];
    there = [];
    most = 0;
    const make = async ({ name }: { name: string }): Promise<Cell> => {
      const begun = Promise.withResolvers<void>();
      making.push({ name, done: begun.resolve });
      most = Math.max(most, making.length);
      await begun.promise;
      there.push(name);
      const remove = async () => void there.splice(there.indexOf(name), 1);
      return { service: name, start: async () => ({}) as Attached, remove } as Cell;
    };
    shelf = createShelf({ make, shapeOf: () => '', log: silent });
  });
  const service = (number: number) => declared({ name: `s${number}` });
  const finishAll = async (count: number): Promise<void> => {
    for (let made = 0; made < count; made++) {
      await expect.poll(() => making.length).toBeGreaterThan(0);
      making.shift()?.done();
    }
  };
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `s${from + at}`);

  it('is filled by few at a time, and for the first twenty services alone', async () => {
    for (let number = 1; number <= 25; number++) shelf.stock(service(number), ['worker']);
    await expect.poll(() => making.length).toBe(4);
    await finishAll(20);
    await expect.poll(() => there).toEqual(numbers(1, 20));
    expect([making, most]).toEqual([[], 4]);
    await shelf.close();
    expect(there).toEqual([]);
  });

  it('gives the place of the service that was used longest ago to one that is used', async () => {
    for (let number = 1; number <= 20; number++) shelf.stock(service(number), ['worker']);
    await finishAll(20);
    await expect.poll(() => there).toHaveLength(20);
    // The first one is used, so that the second one is the oldest.
    await shelf.open(service(1), 'worker');
    await finishAll(1);
    const opened = shelf.open(service(21), 'worker');
    await finishAll(2);
    await opened;
    await expect.poll(() => there.toSorted()).toEqual(['s1', 's1', 's21', 's21', ...numbers(3, 20)].toSorted());
    await shelf.close();
    expect(there.toSorted()).toEqual(['s1', 's21']);
  });
});
