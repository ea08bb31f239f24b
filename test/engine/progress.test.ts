import { expect, it } from 'vitest';
import { createProgress, type Step } from '../../src/engine/progress.ts';

/** What is told of steps that come at these milliseconds. */
function told(steps: [at: number, step: Step][]): string {
  const lines: string[] = [];
  let now = 0;
  const progress = createProgress({ name: 'here.test/x:1', onLine: (line) => lines.push(line), now: () => now });
  for (const [at, step] of steps) {
    now = at;
    progress.see(step);
  }
  progress.done();
  return lines.join('\n');
}

const down = (id: string, current: number, total: number): Step => ({
  status: 'Downloading',
  id,
  progressDetail: { current, total },
});

it('a pull is told once a second, by layers and bytes', () => {
  expect(
    told([
      [0, { status: 'Pulling from x', id: '1' }],
      [10, { status: 'Already exists', id: 'a' }],
      [20, { status: 'Pulling fs layer', id: 'b' }],
      [30, { status: 'Pulling fs layer', id: 'c' }],
      [1_000, down('b', 10, 100)],
      [1_500, down('c', 100, 300)],
      [2_100, down('b', 64, 100)],
      [2_200, { status: 'Download complete', id: 'b' }],
      [3_200, down('c', 300, 300)],
      [3_300, { status: 'Pull complete', id: 'b' }],
      [9_000, { status: 'Pull complete', id: 'c' }],
      [9_001, { status: 'Digest: sha256:12' }],
    ]),
  ).toBe(
    `pulling here.test/x:1
pulling here.test/x:1: 1 of 3 layers, 10 %
pulling here.test/x:1: 1 of 3 layers, 41 %
pulling here.test/x:1: 1 of 3 layers, 100 %
pulling here.test/x:1: 3 of 3 layers, 100 %
pulled here.test/x:1`,
  );
});

it('that the registry is waited for is told at once, and once', () => {
  expect(
    told([
      [10, { status: 'Pulling fs layer', id: 'a' }],
      [20, { status: 'Retrying in 5 seconds', id: 'a' }],
      [30, { status: 'Retrying in 4 seconds', id: 'a' }],
    ]),
  ).toBe(
    `pulling here.test/x:1
pulling here.test/x:1: 0 of 1 layer, the registry is waited for
pulled here.test/x:1`,
  );
});
