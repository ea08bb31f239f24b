import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SandboxError } from '../../../src/model/errors.ts';
import { describeWith } from '../../clients/installed.ts';
import { taskOf } from '../../contracts/executor.ts';
import { type Cable, layCable } from './cable.ts';
import { never, openDocker, type Place, said } from './place.ts';
import { small } from './stage.ts';

describeWith('docker', () => {
  describe('an engine that goes away', () => {
    let cable: Cable;
    let place: Place;
    beforeEach(async () => {
      cable = await layCable();
      place = await openDocker({ engine: cable.engine });
    });
    afterEach(async () => {
      await place.close();
      await cable.close();
    });
    const job = (script: string, lines: string[] = [], signal = never) =>
      place.executor.run(
        taskOf(small({ name: 'job', script }), '', { kind: 'job' }),
        (line) => lines.push(line),
        signal,
      );

    it('is waited for by a job that has not begun', async () => {
      await cable.cut();
      const lines: string[] = [];
      const running = job('echo ok', lines);
      await expect.poll(() => lines).toEqual(['[sandbox] waits for the container engine']);
      await cable.mend();
      const outcome = await running;
      expect(outcome).toMatchObject({ state: 'Succeeded' });
      expect(await said(outcome)).toBe('ok\n');
    });

    it('is not waited for any more by a job that is called off', async () => {
      await cable.cut();
      const lines: string[] = [];
      const control = new AbortController();
      const running = job('echo ok', lines, control.signal);
      await expect.poll(() => lines.length).toBe(1);
      control.abort();
      const outcome = await running;
      expect(outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
      await outcome.release();
      await cable.mend();
    });

    it('does not keep a sandbox from stopping whose jobs wait for it', async () => {
      await cable.cut();
      const lines: string[] = [];
      const running = job('echo ok', lines);
      await expect.poll(() => lines.length).toBe(1);
      await place.executor.close();
      const outcome = await running;
      expect(outcome).toMatchObject({ state: 'Failed', reason: 'The sandbox is stopping.' });
      expect(outcome.exitCode).toBe(undefined);
      await outcome.release();
      await cable.mend();
    });

    it('is told of at once to who calls, and in what is observed', async () => {
      const service = small({ name: 'call', script: 'echo ok', synchronous: { min_scale: 1, max_scale: 1 } });
      await place.executor.deploy(service);
      const call = () => place.executor.run(taskOf(service), () => undefined, never);
      expect(await said(await call())).toBe('ok\n');
      await cable.cut();
      const sentence = /^The container engine at unix:.* does not answer/;
      await expect(call()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(sentence) });
      expect(await place.executor.observe()).toMatchObject([
        { service: 'call', state: 'unavailable', reason: expect.stringMatching(sentence) },
      ]);
      expect(await place.executor.probe()).toMatchObject({ ok: false, reason: expect.stringMatching(sentence) });
      await cable.mend();
      expect(await said(await call())).toBe('ok\n');
      expect(await place.executor.observe()).toMatchObject([{ service: 'call', state: 'ready' }]);
    });

    it('ends its containers before it goes: their jobs are tried again', async () => {
      const { engine } = cable;
      // As one that shuts down: it still tells how the container ended, and is gone.
      const inspect: typeof engine.inspect = async (id) => {
        const found = await engine.inspect(id);
        if (found?.exitCode === 137) await cable.cut();
        return found;
      };
      const leaving = await openDocker({ engine: { ...engine, inspect } });
      const begun = Promise.withResolvers<void>();
      const task = taskOf(small({ name: 'ended', script: 'echo begun; sleep 1000' }), '', { kind: 'job' });
      const running = leaving.executor.run(task, () => begun.resolve(), never);
      await begun.promise;
      const broken = expect(running).rejects.toMatchObject({ code: 'unavailable' });
      const [job] = (await leaving.containers('job')).filter(({ state }) => state === 'running');
      await engine.kill(job?.id ?? '');
      await broken;
      await cable.mend();
      await leaving.close();
    });

    it.each(['run', 'job'] as const)('is asked again when it fails to end the container of a %s', async (kind) => {
      const { engine } = cable;
      let asked = 0;
      const kill: typeof engine.kill = async (id) => {
        asked += 1;
        if (asked === 1) throw new SandboxError('unavailable', 'The container engine says: not now');
        await engine.kill(id);
      };
      const stubborn = await openDocker({ engine: { ...engine, kill } });
      const control = new AbortController();
      const task = taskOf(small({ name: 'called-off', script: 'echo begun; sleep 1000' }), '', { kind });
      const outcome = await stubborn.executor.run(task, () => control.abort(), control.signal);
      expect(outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
      expect(asked).toBeGreaterThan(1);
      await outcome.release();
      await stubborn.close();
    });

    it('breaks the executor, not the job, in the midst of a job: that is tried again', async () => {
      const lines: string[] = [];
      const running = job('echo begun; sleep 1000', lines);
      await expect.poll(() => lines).toEqual(['begun']);
      const broken = expect(running).rejects.toMatchObject({ code: 'unavailable' });
      await cable.cut();
      await broken;
      await cable.mend();
      expect(await said(await job('echo ok'))).toBe('ok\n');
      // What went on meanwhile is removed as soon as the engine is heard of again.
      await expect
        .poll(async () => (await place.containers('job')).filter(({ state }) => state === 'running'))
        .toEqual([]);
    });
  });

  describe('how files get into containers', () => {
    it('is found out by trying, where the engine may be on another machine', async () => {
      const cable = await layCable('machine');
      const place = await openDocker({ engine: cable.engine });
      const service = small({ name: 'tried', script: 'grep -c " /oscar/tasks " /proc/mounts' });
      const outcome = await place.executor.run(taskOf(service), () => undefined, never);
      expect(await said(outcome)).toBe('1\n');
      await place.close();
      await cable.close();
    });
  });
});
