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
    return {
      alive: () => up.has(number),
      run: async () => ({ exitCode: 0, oom: false }),
      ended: ended.promise,
      leftBehind: () => dirty.has(number),
      stop: async () => end(),
    };
  };
  return { start, dirty, up: () => [...up.keys()], count: () => count, kill: (number: number) => up.get(number)?.() };
}

/** A clock that goes off when told. */
function createTimers() {
  let waiting: { ms: number; then(): void }[] = [];
  const after: After = (ms, then) => {
    const one = { ms, then };
    waiting.push(one);
    return () => {
      waiting = waiting.filter((other) => other !== one);
    };
  };
  const goOff = () => {
    for (const { then } of waiting.splice(0)) then();
  };
  return { after, goOff, waiting: () => waiting.map(({ ms }) => ms) };
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

  it('gives up getting workers ready that end at once, and says how they end', async () => {
    const start = async (): Promise<Worker> => {
      const worker = await workers.start();
      await worker.stop();
      return worker;
    };
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    const other = createPool({ start, shapeOf: () => '', total: 2, idleMs: 1, after: timers.after, onFailure });
    await expect(other.prepare(scaled(2, 0))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The workers of demo do not stay: the shell ends at once (SIGKILL).',
    });
    expect(workers.count()).toBe(3);
    timers.goOff();
    await expect.poll(() => failures).toEqual([expect.objectContaining({ code: 'unavailable' })]);
    expect(workers.count()).toBe(6);
    await other.close();
    expect(timers.waiting()).toEqual([]);
  });

  it('waits twice as long each time that a worker dies idle, up to a minute, until one lives', async () => {
    const service = scaled(1, 0);
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    const { after } = timers;
    const other = createPool({ start: workers.start, shapeOf: () => '', total: 2, idleMs: 5, after, onFailure });
    await other.prepare(service);
    const waits: number[] = [];
    const die = async () => {
      const [number = 0] = workers.up();
      workers.kill(number);
      // Not the timer of one that still rests.
      await expect.poll(() => timers.waiting().filter((ms) => ms !== 5)).toHaveLength(1);
      waits.push(...timers.waiting());
      timers.goOff();
      await expect.poll(workers.up).toEqual([number + 1]);
    };
    for (let i = 0; i < 8; i++) await die();
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(failures).toHaveLength(1);
    // It was idle for so long, and did not die.
    await expect.poll(timers.waiting).toEqual([5]);
    timers.goOff();
    await die();
    expect(waits.at(-1)).toBe(1000);
    await other.close();
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

  it('hires no more than it needs when the shape of a version changes while a worker starts', async () => {
    let shape = 'old';
    const start = () => {
      shape = 'new';
      return workers.start();
    };
    const onFailure = (error: unknown) => expect.fail(String(error));
    const other = createPool({ start, shapeOf: () => shape, total: 2, idleMs: 1, after: timers.after, onFailure });
    await other.prepare(scaled(1, 0));
    expect(workers.up()).toEqual([1]);
    await other.prepare(scaled(1, 0));
    expect(workers.up()).toEqual([2]);
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
