import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStore } from '../../src/store/store.ts';
import { declared } from '../fakes/definitions.ts';
import { body, outcome, until, useScene } from './scene.ts';

const scene = useScene();

describe('when things go wrong', () => {
  /** Lets this many writes of the database fail, as a full disk would. */
  const failing = (writes: number) => {
    const { move } = scene.store.invocations;
    let left = writes;
    scene.store.invocations.move = (...args) => {
      if (left-- > 0) return Promise.reject(new Error('database or disk is full'));
      return move(...args);
    };
  };

  it('a start that cannot be written down is tried again later, not at once for ever', async () => {
    await scene.store.services.save(declared());
    failing(1);
    const job = await scene.invoke.job(declared(), body(''), {});
    expect(await scene.end(job.id)).toMatchObject({ state: 'Succeeded', attempt: 1 });
    expect(scene.failures).toHaveLength(1);
  });

  it('an end that cannot be written down is written as soon as it can be', async () => {
    await scene.store.services.save(declared());
    scene.run = async (task) => {
      scene.tasks.push(task);
      failing(2);
      return outcome();
    };
    const job = await scene.invoke.job(declared(), body(''), {});
    expect(await scene.end(job.id)).toMatchObject({ state: 'Succeeded', attempt: 1 });
    expect([scene.tasks.length, scene.failures.length]).toEqual([1, 2]);
  });

  it('an outcome that cannot be released is an outcome all the same', async () => {
    await scene.store.services.save(declared());
    scene.run = async () => ({ ...outcome(), release: () => Promise.reject(new Error('EACCES')) });
    const job = await scene.invoke.job(declared(), body(''), {});
    expect((await scene.end(job.id)).state).toBe('Succeeded');
    expect(scene.failures.map(String)).toEqual(['Error: EACCES']);
  });
});

/** Tasks that run until they are let go, in the order in which they began. */
function held() {
  const waiting: { service: string; release(): void }[] = [];
  scene.run = (task, _onLine, signal) => {
    scene.tasks.push(task);
    return new Promise((resolve) => {
      waiting.push({ service: task.service.name, release: () => resolve(outcome()) });
      signal.addEventListener('abort', () => resolve(outcome('Failed', 'Cancelled.')));
    });
  };
  return waiting;
}

describe('many jobs', () => {
  it('of one service keep no other one waiting', async () => {
    await scene.invoke.close(async () => undefined);
    scene.invoke = scene.start({ concurrency: 2, serviceConcurrency: 2 });
    for (const name of ['greedy', 'poor']) await scene.store.services.save(declared({ name }));
    const waiting = held();
    for (let n = 0; n < 5; n++) await scene.invoke.job(declared({ name: 'greedy' }), body(''), {});
    await until(() => waiting.length === 2);
    await scene.invoke.job(declared({ name: 'poor' }), body(''), {});
    waiting[0]?.release();
    await until(() => waiting.length === 3);
    expect(waiting[2]?.service).toBe('poor');
    await scene.invoke.remove([...scene.store.invocations.idsOf('greedy'), ...scene.store.invocations.idsOf('poor')]);
  });

  it('that are removed at once do not start in each other’s place', async () => {
    await scene.store.services.save(declared());
    const waiting = held();
    for (let n = 0; n < 6; n++) await scene.invoke.job(declared(), body(''), {});
    await until(() => waiting.length === 1);
    await scene.invoke.removeAll('demo');
    expect(scene.tasks).toHaveLength(1);
    expect([scene.store.invocations.recent({ limit: 9 }), await scene.store.logs.services()]).toEqual([[], []]);
  });
});

describe('a body in a file', () => {
  it('is found wherever the spool folder is by then, and goes with the last that has it', async () => {
    await scene.store.services.save(declared());
    const file = join(scene.folder, 'large');
    await writeFile(file, 'large');
    const job = await scene.invoke.job(declared(), { file, size: 5 }, {});
    await scene.end(job.id);
    const again = await scene.invoke.replay(job.id, 'today');
    await scene.end(again.id);
    expect(createStore(scene.db, scene.store.logs, '/elsewhere').invocations.payload(job.id)).toEqual({
      file: '/elsewhere/large',
      size: 5,
    });
    await scene.invoke.remove([job.id]);
    expect(await readFile(file, 'utf8')).toBe('large');
    await scene.invoke.remove([again.id]);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});
