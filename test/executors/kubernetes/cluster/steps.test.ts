import { describe, expect, it } from 'vitest';
import { lineOf, runSteps, type Step } from '../../../../src/executors/kubernetes/cluster/steps.ts';

/** Runs them by a clock that moves by a second each time it is looked at. */
async function told(steps: Step[], signal = new AbortController().signal): Promise<string[]> {
  const lines: string[] = [];
  let time = 0;
  const now = () => {
    time += 1000;
    return time;
  };
  const onProgress = (progress: Parameters<typeof lineOf>[0]) => lines.push(lineOf(progress));
  const end = await runSteps(steps, { now, onProgress, signal }).then(
    (seconds) => `all after ${seconds} s`,
    (error: Error) => `${error.message}`,
  );
  return [...lines, end];
}

describe('the steps to a cluster', () => {
  const ran: string[] = [];
  const step = (name: string, done: boolean): Step => ({
    name,
    done: async () => done,
    run: async (say) => {
      ran.push(name);
      say('half of it');
    },
  });

  it('look before they act, and tell their seconds', async () => {
    const lines = await told([step('parts', true), step('node', false)]);
    expect(ran).toEqual(['node']);
    expect(lines).toEqual(['parts: there', 'node …', 'node: half of it', 'node: done (3.0 s)', 'all after 7 s']);
  });

  it('end with the first that fails', async () => {
    const broken: Step = { name: 'node', run: async () => Promise.reject(new Error('no room')) };
    expect(await told([broken, step('never', false)])).toEqual(['node …', 'node: failed after 2.0 s', 'no room']);
    expect(ran).not.toContain('never');
  });

  it('do not go on when they are called off', async () => {
    expect(await told([step('late', false)], AbortSignal.abort(new Error('called off')))).toEqual(['called off']);
    expect(ran).not.toContain('late');
  });
});
