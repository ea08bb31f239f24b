import { readFileSync } from 'node:fs';
import type { Executor } from '../../src/executors/executor.ts';
import type { Answer, Outcome, Task } from '../../src/model/task.ts';

/** An executor that does what the last line of a script says, in words of its own, without a shell. */
export function createActor(now: () => number): Executor & { held(): number } {
  let held = 0;
  const hold = () => {
    held += 1;
    return async () => {
      held -= 1;
    };
  };
  return {
    /** How many outcomes were not released. */
    held: () => held,
    probe: async () => ({ ok: true, detail: 'It acts.' }),
    observe: async () => [],
    deploy: async () => [],
    withdraw: async () => undefined,
    run: (task, onLine, signal) => act(task, { onLine, signal, now, release: hold() }),
  };
}

interface Stage {
  onLine(line: string): void;
  signal: AbortSignal;
  now(): number;
  release(): Promise<void>;
}

async function act(task: Task, { onLine, signal, now, release }: Stage): Promise<Outcome> {
  const startedAt = now();
  const [verb = '', ...rest] = (task.service.definition.script.trim().split('\n').at(-1) ?? '').split(' ');
  const words = rest.join(' ');
  const end = (answer: Answer, failed: Partial<Outcome> = {}): Outcome => ({
    state: 'Succeeded',
    exitCode: 0,
    answer,
    outputs: [],
    startedAt,
    finishedAt: now(),
    release,
    ...failed,
  });
  const output = (text: string | Buffer): Answer => ({ form: 'output', content: { bytes: Buffer.from(text) } });
  switch (verb) {
    case 'cat':
      return end(output('bytes' in task.payload ? task.payload.bytes : readFileSync(task.payload.file)));
    case 'variables':
      return end(
        output(
          Object.entries(task.variables)
            .map(([name, value]) => `${name}=${value}\n`)
            .sort()
            .join(''),
        ),
      );
    case 'print':
      for (const line of words.split('|')) onLine(line);
      return end(output(`${words.replaceAll('|', '\n')}\n`));
    case 'bytes':
      return end(output(Buffer.from(words, 'hex')));
    case 'file':
      return end({ form: 'file', content: { bytes: Buffer.from(words) } });
    case 'bigfile':
      return end({ form: 'file', content: { file: words, size: readFileSync(words).length } });
    case 'fail':
      onLine(words);
      return end(output(`${words}\n`), { state: 'Failed', exitCode: 3, reason: 'The script ended with exit code 3.' });
    case 'late':
      return end(output(''), { state: 'Failed', exitCode: undefined, reason: 'Timed out after 1 s.', code: 'timeout' });
    case 'refuse':
      return end(output(''), { state: 'Failed', exitCode: undefined, reason: words, code: 'unavailable' });
    case 'hang':
      onLine('waiting');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return end(output(''), { state: 'Failed', exitCode: undefined, reason: 'Cancelled.' });
    default:
      return end(output('hello\n'));
  }
}
