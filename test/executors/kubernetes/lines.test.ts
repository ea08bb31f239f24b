import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { DefinitionInput } from '../../../src/declare/schema.ts';
import { serveLines } from '../../../src/executors/kubernetes/manifests/lines.ts';
import {
  createLogReader,
  readAnswer,
  readTermination,
  type TaskRecord,
} from '../../../src/executors/kubernetes/manifests/record.ts';
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { lives } from '../place.ts';
import { type Ended, runCall, runJob } from './pod.ts';
import { settingsOf } from './settings.ts';
import { available } from './shells.ts';

const supervisor = join(import.meta.dirname, 'supervisor.sh');
const settings = settingsOf();

const service = (script: string, more: Partial<DefinitionInput> = {}) => declared({ name: 'demo', script, ...more });

/** What a reader of the pod's log learns. */
function told(id: string, log: string): { lines: string[]; record: TaskRecord | undefined } {
  const lines: string[] = [];
  const reader = createLogReader(id, (line) => lines.push(line));
  for (const line of log.split('\n').slice(0, -1)) reader.push(line);
  return { lines, record: reader.record() };
}

describe.each(available)('the lines around supervisor and script, by %s', (shell) => {
  const options = { settings, supervisor, shell };
  const withVariables = (image: Record<string, string>) => ({ ...options, image });
  const jobOf = (script: string, body = 'aGk=', more: Partial<DefinitionInput> = {}) =>
    taskOf(service(script, more), body, { kind: 'job' });
  const answerOf = async (script: string, call = options, body = 'aGk='): Promise<Ended & { id: string }> => {
    const task = taskOf(service(script));
    return { ...(await runCall(task, body, call)), id: task.id };
  };

  it('end with the exit code of the script, which the supervisor does not tell', async () => {
    const task = jobOf('echo oh\nexit 7\n');
    const { code, log, termination } = await runJob(task, options);
    expect(code).toBe(7);
    expect(termination).toBe('7 0\n');
    expect(told(task.id, log)).toEqual({
      lines: ['supervisor: level none, script none, writes as sandbox.demo', 'oh'],
      record: { exitCode: 7, supervisorCode: 0, form: 'output', files: [] },
    });
  });

  it('end with the code of the supervisor when it failed and the script did not', async () => {
    const task = jobOf('echo fine\n');
    const { code, log, termination } = await runJob(task, withVariables({ STANDIN_CODE: '3' }));
    expect(code).toBe(3);
    expect(readTermination(termination)).toEqual({ exitCode: 0, supervisorCode: 3, said: 'fine' });
    expect(told(task.id, log).record).toMatchObject({ exitCode: 0, supervisorCode: 3 });
  });

  it('tell what the supervisor said when it never came to the script', async () => {
    const task = jobOf('echo never\n');
    const { code, log, termination } = await runJob(task, withVariables({ STANDIN_FAILS: 'yes' }));
    expect(code).toBe(1);
    expect(readTermination(termination)).toEqual({ supervisorCode: 1, said: 'There was an exception' });
    const { lines, record } = told(task.id, log);
    expect(lines).toContain('Traceback: no such object');
    expect(lines).toContain('There was an exception');
    expect(record).toEqual({ supervisorCode: 1, form: 'output', files: [] });
  });

  it('answer a call with what the script printed, byte for byte', async () => {
    const { code, stdout, id, log } = await answerOf("printf 'a\\r\\nb'; echo c >&2");
    expect(code).toBe(0);
    const answer = readAnswer(id, stdout);
    expect(answer?.record).toEqual({ exitCode: 0, supervisorCode: 0, form: 'output', files: [] });
    expect(answer?.payload.toString()).toBe('a\r\nbc\n');
    expect(told(id, log).lines).toEqual(['a\r', 'bc']);
  });

  it('keep what the supervisor says of itself out of answers', async () => {
    const { stdout, id } = await answerOf(`echo "level \${LOG_LEVEL-none}"`);
    expect(stdout.toString()).not.toContain('supervisor:');
    expect(readAnswer(id, stdout)?.payload.toString()).toBe('level none\n');
  });

  it('answer a call by hand as OSCAR does', async () => {
    const { stdout, code } = await answerOf('echo hello', { ...options, byHand: true } as typeof options);
    expect({ code, answer: stdout.toString() }).toEqual({ code: 0, answer: 'hello\n\n' });
    const failed = await answerOf('echo oh; exit 4', { ...options, byHand: true } as typeof options);
    expect({ code: failed.code, answer: failed.stdout.toString() }).toEqual({ code: 4, answer: 'oh\n' });
  });

  it('say whether the answer is a file or many, and what is in the output folder', async () => {
    const one = await answerOf('mkdir "$TMP_OUTPUT_DIR/sub"; echo x >"$TMP_OUTPUT_DIR/sub/.a b"');
    expect(readAnswer(one.id, one.stdout)).toMatchObject({ record: { form: 'file', files: ['sub/.a b'] } });
    expect(readAnswer(one.id, one.stdout)?.payload.toString()).toBe('YmFzZTY0\n');
    const two = await answerOf('cd "$TMP_OUTPUT_DIR"; echo x >b; echo y >a; ln -s . loop');
    expect(readAnswer(two.id, two.stdout)?.record).toMatchObject({ form: 'archive', files: ['a', 'b'] });
    const failed = await answerOf('echo no; echo x >"$TMP_OUTPUT_DIR/b"; exit 2');
    expect(readAnswer(failed.id, failed.stdout)).toMatchObject({
      record: { exitCode: 2, form: 'output', files: ['b'] },
    });
    expect(readAnswer(failed.id, failed.stdout)?.payload.toString()).toBe('no\n');
  });

  it('give the script the variables that the user set, and the supervisor none of them', async () => {
    const variables = { LOG_LEVEL: 'loud', SCRIPT: 'play', log: 'mine', run: 'away', code: '5' };
    const task = jobOf(
      `echo "$LOG_LEVEL $SCRIPT $log $run $code \${AWS_SDK_UA_APP_ID-none}"; env | grep -c OSCAR_SANDBOX`,
      '',
      {
        environment: { variables },
      },
    );
    const { log } = await runJob(task, options);
    expect(told(task.id, log).lines).toEqual([
      'supervisor: level none, script none, writes as sandbox.demo',
      'loud play mine away 5 none',
      '0',
    ]);
  });

  it('wait for a background child that can still print', async () => {
    const { stdout, id } = await answerOf('(sleep 0.1; echo late) & echo early');
    expect(readAnswer(id, stdout)?.payload.toString()).toBe('early\nlate\n');
  });

  const printable = 'the $(whole) `event` \\n $$ "quoted" \'too\' * ';
  const padded = (size: number) => JSON.stringify({ text: printable, more: 'x'.repeat(size) });
  const exactly = (size: number) => padded(size - padded(0).length);
  it.each([
    ['a small event', padded(0)],
    ['an event of 100 KiB, in a variable', exactly(100 * 1024)],
    ['an event one byte larger, in a file', exactly(100 * 1024 + 1)],
    ['an event of two parts', exactly(600 * 1024)],
  ])('hand the supervisor %s as it is', async (_, event) => {
    const task = jobOf(`cat "$INPUT_FILE_PATH"; echo; printf %s "\${EVENT-none}"`, event);
    const { log } = await runJob(task, options);
    expect(told(task.id, log).lines.slice(1)).toEqual([event, event.length <= 100 * 1024 ? event : 'none']);
  });

  it('end everything in the pod when it is told to go', async () => {
    const begun = Promise.withResolvers<string>();
    const task = jobOf('trap "" TERM\nsleep 1000 & echo "child $!"\nsleep 1000\n');
    const ended = runJob(task, {
      ...options,
      onStart: (pid, folder) => {
        const line = async () => {
          const read = () => /child (\d+)/.exec(readFileSync(join(folder, 'log'), 'utf8'))?.[1] ?? '';
          await expect.poll(read).not.toBe('');
          begun.resolve(read());
          process.kill(pid, 'SIGTERM');
        };
        line().catch(begun.reject);
      },
    });
    const child = Number(await begun.promise);
    // Here it is not the first process of all: what it ends is itself, too.
    expect((await ended).signal).toBe('SIGKILL');
    await vi.waitFor(() => expect(lives(child)).toBe(false));
  });

  it('let the watchdog go as soon as it is told to, and end with its code when it ends by itself', async () => {
    const serve = (watchdog: string) =>
      spawn(
        `/bin/${shell}`,
        [...(shell === 'busybox' ? ['sh'] : []), '-c', serveLines.replace(/.*fwatchdog/, () => watchdog)],
        {
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
    const ending = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));
    const told = serve('sh -c \'echo "$$"; exec sleep 1000\'');
    const [watchdog] = (await once(told.stdout, 'data')) as [Buffer];
    told.kill('SIGTERM');
    expect(await ending(told)).toBe(0);
    // Only in a pod everything ends with the first process.
    process.kill(Number(watchdog));
    expect(await ending(serve("sh -c 'exit 5'"))).toBe(5);
  });
});
