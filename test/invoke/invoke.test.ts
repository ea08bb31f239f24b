import { describe, expect, it } from 'vitest';
import { retain } from '../../src/invoke/retention.ts';
import { SandboxError } from '../../src/model/errors.ts';
import type { Invocation } from '../../src/model/invocation.ts';
import { declared } from '../fakes/definitions.ts';
import { body, cut, outcome, useScene } from './scene.ts';

const scene = useScene();

describe('a job', () => {
  it('runs once, with the body it was given, and ends in its final state', async () => {
    const service = await scene.store.services.save(declared());
    const job = await scene.invoke.job(service, body('hello'), {});
    expect(await scene.end(job.id)).toMatchObject({ state: 'Succeeded', attempt: 1, exitCode: 0, serviceVersion: 1 });
    expect(scene.tasks.map((task) => ['bytes' in task.payload && task.payload.bytes.toString(), task.kind])).toEqual([
      ['hello', 'job'],
    ]);
  });

  it('whose script fails is Failed, with the reason in its state and as the last line of its log', async () => {
    scene.run = async (_task, onLine) => {
      onLine('oh no');
      return outcome('Failed', 'The script ended with exit code 3.');
    };
    const job = await scene.invoke.job(await scene.store.services.save(declared()), body(''), {});
    expect(await scene.end(job.id)).toMatchObject({
      state: 'Failed',
      exitCode: 3,
      reason: 'The script ended with exit code 3.',
    });
    expect(await scene.log(job.id)).toEqual(['oh no', '[sandbox] The script ended with exit code 3.']);
  });

  it('is tried again when the executor breaks, and fails at the third time', async () => {
    scene.run = async (task) => {
      scene.tasks.push(task);
      throw new SandboxError('internal', 'The engine went away.');
    };
    const job = await scene.invoke.job(await scene.store.services.save(declared()), body(''), {});
    expect(await scene.end(job.id)).toMatchObject({ state: 'Failed', attempt: 3, reason: 'The engine went away.' });
    expect(scene.tasks.map((task) => [task.id, task.attempt])).toEqual([1, 2, 3].map((attempt) => [job.id, attempt]));
    expect(scene.failures).toHaveLength(3);
  });

  it('runs on the version that serves when it starts, and remembers it', async () => {
    await scene.store.services.save(declared());
    const queued = await scene.invoke.job(declared({ script: 'old' }), body(''), {});
    await scene.end(queued.id);
    const service = await scene.store.services.save(declared({ script: 'new' }));
    const next = await scene.invoke.job(service, body(''), {});
    expect((await scene.end(next.id)).serviceVersion).toBe(2);
    expect(scene.tasks.at(-1)?.service.definition.script).toBe('new');
  });

  it('of a service that is not there yet waits, and keeps no other one waiting', async () => {
    scene.awaited.add('demo');
    const early = await scene.invoke.job(await scene.store.services.save(declared()), body('early'), {});
    const other = await scene.invoke.job(await scene.store.services.save(declared({ name: 'other' })), body(''), {});
    expect((await scene.end(other.id)).state).toBe('Succeeded');
    expect(scene.store.invocations.get(early.id)).toMatchObject({ state: 'Pending', attempt: 0 });
    scene.awaited.clear();
    scene.invoke.wake();
    expect((await scene.end(early.id)).state).toBe('Succeeded');
  });

  it('says which version it runs on when that is not the newest one', async () => {
    const before = await scene.store.services.save(declared());
    const job = await scene.invoke.job(before, body(''), {});
    await scene.end(job.id);
    expect(await scene.log(job.id)).toEqual([]);
    await scene.store.services.save(declared({ image: 'no-such-image' }));
    scene.serves = before;
    const late = await scene.invoke.job(before, body(''), {});
    await scene.end(late.id);
    expect(await scene.log(late.id)).toEqual(['[sandbox] version 1 runs: version 2 is not served']);
    expect(scene.store.services.get('demo')?.version).toBe(2);
  });

  it('of a service that is gone fails and says so', async () => {
    const job = await scene.invoke.job(declared(), body(''), {});
    expect((await scene.end(job.id)).reason).toBe('The service demo is not declared any more.');
  });

  it('cannot be called like another one', async () => {
    const service = await scene.store.services.save(declared());
    await scene.invoke.job(service, body(''), { id: 'mine' });
    await expect(scene.invoke.job(service, body(''), { id: 'mine' })).rejects.toThrow(
      'There is already a job called mine.',
    );
    await scene.end('mine');
  });
});

describe('the queue', () => {
  it('runs as many at once as it may, in all and of one service', async () => {
    for (const name of ['a', 'b', 'c']) await scene.store.services.save(declared({ name }));
    const waiting: (() => void)[] = [];
    scene.run = (task) => {
      scene.tasks.push(task);
      return new Promise((resolve) => waiting.push(() => resolve(outcome())));
    };
    const jobs: Invocation[] = [];
    for (const name of ['a', 'a', 'b', 'c']) jobs.push(await scene.invoke.job(declared({ name }), body(''), {}));
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(scene.tasks.map((task) => task.service.name)).toEqual(['a', 'b']);
    scene.run = async (task) => {
      scene.tasks.push(task);
      return outcome();
    };
    for (const release of waiting) release();
    await Promise.all(jobs.map((job) => scene.end(job.id)));
    expect(scene.tasks.map((task) => task.service.name).sort()).toEqual(['a', 'a', 'b', 'c']);
  });

  it('runs again what a daemon left running, with the same id and the next attempt', async () => {
    await scene.store.services.save(declared());
    await scene.store.invocations.add({ ...cut(), state: 'Running', attempt: 1 }, body('again'));
    await scene.invoke.close(async () => undefined);
    scene.invoke = scene.start();
    expect(await scene.end('demo-cut')).toMatchObject({ state: 'Succeeded', attempt: 2 });
  });

  it('puts what runs back into the line when the sandbox stops', async () => {
    await scene.store.services.save(declared());
    let kill: () => void = () => undefined;
    scene.run = () => new Promise((_resolve, reject) => (kill = () => reject(new Error('killed'))));
    const job = await scene.invoke.job(declared(), body(''), {});
    while (scene.store.invocations.get(job.id)?.state !== 'Running')
      await new Promise((resolve) => setImmediate(resolve));
    await scene.invoke.close(async () => kill());
    expect(scene.store.invocations.get(job.id)).toMatchObject({ state: 'Pending', attempt: 1 });
  });

  it('stops a job that is removed while it runs, and forgets it', async () => {
    await scene.store.services.save(declared());
    scene.run = (task, _onLine, signal) => {
      scene.tasks.push(task);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(outcome('Failed', 'Cancelled.'))));
    };
    const job = await scene.invoke.job(declared(), body(''), {});
    while (scene.tasks.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await scene.invoke.remove([job.id]);
    expect(scene.store.invocations.get(job.id)).toBeUndefined();
    expect(await scene.store.logs.exists('demo', job.id)).toBe(false);
  });
});

describe('a call', () => {
  it('answers the outcome and is kept for logs and replay', async () => {
    const service = await scene.store.services.save(declared());
    const options = { variables: { Http_Method: 'POST' }, signal: new AbortController().signal };
    const { invocation, outcome: answered } = await scene.invoke.run(service, body('x'), options);
    expect(answered.answer.content).toEqual(body('done'));
    await scene.invoke.close(async () => undefined);
    expect(scene.store.invocations.get(invocation.id)).toMatchObject({ kind: 'run', state: 'Succeeded' });
    expect(scene.store.invocations.payload(invocation.id)).toEqual(body('x'));
  });

  it('whose executor breaks is kept as failed', async () => {
    const service = await scene.store.services.save(declared());
    scene.run = async () => {
      throw new SandboxError('unavailable', 'The worker is gone.');
    };
    const call = scene.invoke.run(service, body(''), { variables: {}, signal: new AbortController().signal });
    await expect(call).rejects.toThrow('The worker is gone.');
    await scene.invoke.close(async () => undefined);
    expect(scene.store.invocations.recent({ limit: 1 })[0]).toMatchObject({
      state: 'Failed',
      reason: 'The worker is gone.',
    });
  });
});

describe('a replay', () => {
  it('runs the same body on the service as it was then, or as it is today', async () => {
    await scene.store.services.save(declared({ script: 'old' }));
    const job = await scene.invoke.job(declared(), body('same'), {});
    await scene.end(job.id);
    await scene.store.services.save(declared({ script: 'new' }));
    for (const version of ['then', 'today'] as const) {
      const again = await scene.invoke.replay(job.id, version);
      expect(await scene.end(again.id)).toMatchObject({ state: 'Succeeded', replayOf: job.id });
    }
    expect(scene.tasks.map((task) => task.service.definition.script)).toEqual(['old', 'old', 'new']);
    expect(scene.tasks.every((task) => 'bytes' in task.payload && task.payload.bytes.toString() === 'same')).toBe(true);
  });

  it('of something that is not there, or not finished, is refused', async () => {
    await expect(scene.invoke.replay('nope', 'then')).rejects.toThrow('No invocation is called nope.');
    await scene.store.invocations.add({ ...cut(), service: 'busy' });
    await expect(scene.invoke.replay('demo-cut', 'then')).rejects.toThrow('demo-cut is still pending.');
  });
});

describe('retention', () => {
  it('forgets what is too old and what is too much, with its log', async () => {
    await scene.store.services.save(declared());
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push((await scene.invoke.job(declared(), body(''), {})).id);
    await Promise.all(ids.map(scene.end));
    expect(await retain({ store: scene.store, keepInvocations: 2, keepDays: 30, now: () => scene.clock })).toBe(3);
    expect(scene.store.invocations.recent({ limit: 9 })).toHaveLength(2);
    expect(
      await retain({ store: scene.store, keepInvocations: 2, keepDays: 1, now: () => scene.clock + 2 * 86_400_000 }),
    ).toBe(2);
    expect((await Promise.all(ids.map((id) => scene.store.logs.exists('demo', id)))).some(Boolean)).toBe(false);
  });
});
