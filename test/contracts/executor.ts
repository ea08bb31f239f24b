import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../src/executors/executor.ts';
import type { Service } from '../../src/model/service.ts';
import type { Outcome, Task } from '../../src/model/task.ts';
import { declared as declaredOn } from '../fakes/definitions.ts';

export interface ExecutorUnderTest {
  executor: Executor;
  close(): Promise<void>;
}

/** In a cluster it matters what an image is based on. */
const declared = (input: Parameters<typeof declaredOn>[0]) => declaredOn({ alpine: true, ...input });

let tasks = 0;

/** A task for a service, as the engine would make it. */
export function taskOf(service: Service, body = '', more: Partial<Task> = {}): Task {
  tasks += 1;
  const payload = { bytes: Buffer.from(body) };
  return { id: `${service.name}-${tasks}`, service, kind: 'run', attempt: 1, payload, variables: {}, ...more };
}

/** What an outcome printed, when it is small. */
export function printed({ answer }: Outcome): string {
  if (!('bytes' in answer.content)) throw new Error('The answer is in a file.');
  return answer.content.bytes.toString();
}

const quiet = () => undefined;
const never = new AbortController().signal;

/** What every place where services run does; its scripts print, exit and sleep. */
export function executorContract(name: string, open: () => Promise<ExecutorUnderTest>): void {
  describe(`the executor: ${name}`, () => {
    let opened: ExecutorUnderTest;
    let executor: Executor;
    beforeAll(async () => {
      opened = await open();
      executor = opened.executor;
    });
    afterAll(() => opened?.close());

    it('says that this machine can offer it', async () => {
      expect(await executor.probe()).toMatchObject({ ok: true });
    });

    it('observes what was deployed, with its fingerprint, until it is withdrawn', async () => {
      const service = declared({ name: 'observed' });
      const seen = async () => (await executor.observe()).find((deployment) => deployment.service === 'observed');
      expect(await seen()).toBeUndefined();
      await executor.deploy(service);
      expect(await seen()).toMatchObject({ fingerprint: service.fingerprint, state: 'ready' });
      const changed = declared({ name: 'observed', script: 'echo changed' });
      await executor.deploy(changed);
      expect(await seen()).toMatchObject({ fingerprint: changed.fingerprint });
      await executor.withdraw('observed');
      expect(await seen()).toBeUndefined();
    });

    it('answers with what the script printed, and hands out its lines', async () => {
      const service = declared({ name: 'greet', log_level: 'CRITICAL', script: 'echo hello\necho you\n' });
      await executor.deploy(service);
      const lines: string[] = [];
      const outcome = await executor.run(taskOf(service), (line) => lines.push(line), never);
      expect(outcome).toMatchObject({ state: 'Succeeded', exitCode: 0, outputs: [] });
      expect(printed(outcome)).toBe('hello\nyou\n');
      expect(lines).toEqual(['hello', 'you']);
      expect(outcome.finishedAt).toBeGreaterThanOrEqual(outcome.startedAt);
      await outcome.release();
    });

    it('makes a failing script an outcome, with its exit code and what it printed', async () => {
      const service = declared({ name: 'failing', script: 'echo oh\nexit 7\n' });
      const outcome = await executor.run(taskOf(service), quiet, never);
      expect(outcome).toMatchObject({ state: 'Failed', exitCode: 7, reason: 'The script ended with exit code 7.' });
      expect(printed(outcome)).toBe('oh\n');
      await outcome.release();
    });

    it('ends a task that is called off', async () => {
      const service = declared({ name: 'endless', script: 'echo begun\nsleep 1000\n' });
      const control = new AbortController();
      const outcome = await executor.run(taskOf(service), () => control.abort(), control.signal);
      expect(outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
      await outcome.release();
    });

    it('attaches to a task that still runs', async () => {
      const service = declared({ name: 'attached', script: 'echo begun\nsleep 1000\n' });
      const task = taskOf(service);
      const control = new AbortController();
      const begun = Promise.withResolvers<void>();
      const first = executor.run(task, () => begun.resolve(), control.signal);
      await begun.promise;
      const second = executor.run(task, quiet, control.signal);
      control.abort();
      const [one, two] = await Promise.all([first, second]);
      expect(two).toMatchObject({ state: 'Failed', startedAt: one.startedAt, finishedAt: one.finishedAt });
      await Promise.all([one.release(), two.release()]);
    });

    it('runs many tasks at once', async () => {
      const service = declared({ name: 'many', script: 'echo one\n' });
      await executor.deploy(service);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => executor.run(taskOf(service), quiet, never)));
      expect(outcomes.map(printed)).toEqual(outcomes.map(() => 'one\n'));
      await Promise.all(outcomes.map((outcome) => outcome.release()));
    });
  });
}
