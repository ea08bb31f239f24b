import { beforeEach, describe, expect, it } from 'vitest';
import type { After, Worker } from '../../src/executors/crew.ts';
import { createPool, type Pool } from '../../src/executors/pool.ts';
import { declared } from '../fakes/definitions.ts';

/** Workers that exist on paper: numbered, counted, and killed by hand. */
function createWorkers() {
  const up = new Map<number, () => void>();
  /** Those in which a task left something running. */
  const dirty = new Set<number>();
  let count = 0;
  const start = async (): Promise<Worker> => {
    count += 1;
    const number = count;
    const ended = Promise.withResolvers<string>();
    const end = () => {
      up.delete(number);
      ended.resolve('SIGKILL');
    };
    up.set(number, end);
    const agent = { alive: () => up.has(number), kill: end, run: async () => 0, ended: ended.promise };
    return { agent, oomKills: () => 0, leftBehind: () => dirty.has(number), stop: async () => end() };
  };
  return { start, dirty, up: () => [...up.keys()], kill: (number: number) => up.get(number)?.() };
}

/** A clock that goes off when told. */
function createTimers() {
  let waiting: (() => void)[] = [];
  const after: After = (_, then) => {
    waiting.push(then);
    return () => {
      waiting = waiting.filter((other) => other !== then);
    };
  };
  const goOff = () => {
    for (const then of waiting.splice(0)) then();
  };
  return { after, goOff };
}

const never = new AbortController().signal;
const scaled = (min_scale: number, max_scale: number, more = {}) =>
  declared({ name: 'demo', synchronous: { min_scale, max_scale }, ...more });

describe('the pool of workers', () => {
  let workers: ReturnType<typeof createWorkers>;
  let timers: ReturnType<typeof createTimers>;
  let pool: Pool;
  beforeEach(() => {
    got.length = 0;
    workers = createWorkers();
    timers = createTimers();
    pool = createPool({
      start: workers.start,
      shapeOf: ({ definition }) => definition.memory,
      total: 2,
      idleMs: 1,
      after: timers.after,
      onFailure: (error) => {
        throw error;
      },
    });
  });
  /** In which order the asking was answered. */
  const got: string[] = [];
  const ask = async (name: string, service = scaled(0, 0), signal = never) => {
    const lease = await pool.acquire(service, 'run', signal);
    got.push(name);
    return lease;
  };

  it('gives the next task the worker that is warm', async () => {
    const service = scaled(0, 0);
    await pool.prepare(service);
    expect(workers.up()).toEqual([]);
    for (let i = 0; i < 3; i++) (await pool.acquire(service, 'run', never)).release();
    expect(workers.up()).toEqual([1]);
  });

  it('ends a worker in which a task left something running, and gets another one ready', async () => {
    const service = scaled(1, 0);
    await pool.prepare(service);
    workers.dirty.add(1);
    (await ask('a', service)).release();
    await expect.poll(() => workers.up()).toEqual([2]);
  });

  it('keeps min_scale workers, and lets others go when they were idle', async () => {
    const service = scaled(1, 0);
    await pool.prepare(service);
    expect(workers.up()).toEqual([1]);
    const leases = await Promise.all([ask('a', service), ask('b', service)]);
    expect(pool.count('demo')).toBe(2);
    for (const lease of leases) lease.release();
    timers.goOff();
    expect(pool.count('demo')).toBe(1);
    timers.goOff();
    expect(pool.count('demo')).toBe(1);
  });

  it.each([
    ['max_scale', 1, 1],
    ['the total when max_scale is 0', 0, 2],
  ])('runs no more at once than %s, and serves in order', async (_, max, most) => {
    const service = scaled(0, max);
    await pool.prepare(service);
    const asked = ['a', 'b', 'c', 'd'].map((name) => ask(name, service));
    const first = await Promise.all(asked.slice(0, most));
    expect(got).toEqual(['a', 'b', 'c', 'd'].slice(0, most));
    expect(workers.up().length).toBe(most);
    for (const lease of first) lease.release();
    for (const lease of asked.slice(most)) (await lease).release();
    expect(got).toEqual(['a', 'b', 'c', 'd']);
    expect(workers.up().length).toBe(most);
  });

  it('does not let jobs wait for max_scale', async () => {
    const service = scaled(0, 1);
    const run = await ask('run', service);
    const job = await pool.acquire(service, 'job', never);
    expect(workers.up().length).toBe(2);
    run.release();
    job.release();
  });

  it('lets a caller who gives up leave the line', async () => {
    const service = scaled(0, 1);
    const first = await ask('a', service);
    const control = new AbortController();
    const second = ask('b', service, control.signal);
    const third = ask('c', service);
    control.abort(new Error('gave up'));
    await expect(second).rejects.toThrow('gave up');
    first.release();
    (await third).release();
    expect(got).toEqual(['a', 'c']);
  });

  it('lets in who waits when a new version allows more', async () => {
    const first = await ask('a', scaled(0, 1));
    const second = ask('b', scaled(0, 1));
    await pool.prepare(scaled(0, 2));
    (await second).release();
    first.release();
    expect(got).toEqual(['a', 'b']);
  });

  it('replaces a worker that died while it was idle, after a while', async () => {
    await pool.prepare(scaled(1, 0));
    workers.kill(1);
    await expect.poll(() => pool.count('demo')).toBe(0);
    timers.goOff();
    await expect.poll(() => workers.up()).toEqual([2]);
  });

  it('replaces a worker that died at its task', async () => {
    const service = scaled(1, 0);
    await pool.prepare(service);
    const lease = await ask('a', service);
    workers.kill(1);
    lease.release();
    await expect.poll(() => workers.up()).toEqual([2]);
  });

  it('keeps its workers for a new version of the same shape', async () => {
    await pool.prepare(scaled(1, 0));
    await pool.prepare(scaled(1, 0, { script: 'echo new' }));
    expect(workers.up()).toEqual([1]);
  });

  it('replaces its workers for a new version of another shape: idle ones at once, busy ones after their task', async () => {
    const old = scaled(1, 0);
    await pool.prepare(old);
    const lease = await ask('a', old);
    (await ask('b', old)).release();
    await pool.prepare(scaled(1, 0, { memory: '1Gi' }));
    expect(workers.up()).toEqual([1, 3]);
    lease.release();
    expect(workers.up()).toEqual([3]);
  });

  it('stops a service: idle workers at once, busy ones after their task, who waits is sent away', async () => {
    const service = scaled(0, 2);
    await pool.prepare(service);
    const first = await ask('a', service);
    const second = await ask('b', service);
    second.release();
    const third = await ask('c', service);
    const fourth = ask('d', service).catch((error: Error) => error.message);
    await pool.stop('demo');
    expect(await fourth).toBe('The service demo went away while the call waited.');
    expect(workers.up().length).toBe(2);
    first.release();
    third.release();
    expect(workers.up()).toEqual([]);
    expect(pool.count('demo')).toBe(0);
  });

  it('ends everything when it is closed, busy or not', async () => {
    await pool.prepare(scaled(2, 0));
    await ask('a', scaled(2, 0));
    await pool.close();
    expect(workers.up()).toEqual([]);
    await expect(ask('b')).rejects.toThrow('The sandbox is stopping.');
  });
});
