import type { Executor } from '../../src/executors/executor.ts';
import type { Service } from '../../src/model/service.ts';
import type { Outcome, Task } from '../../src/model/task.ts';

/** What a fake task does: answers what it printed, with its exit code; may wait for the abort. */
export type Script = (task: Task, onLine: (line: string) => void, signal: AbortSignal) => Promise<[number, string]>;

const endless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const end = () => reject(new Error('Cancelled.'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
  });

/** Understands three lines of shell: `echo TEXT`, `exit CODE` and `sleep`, which never ends. */
export const tinyShell: Script = async ({ service }, onLine, signal) => {
  let printed = '';
  for (const line of service.definition.script.split('\n')) {
    const [verb, ...words] = line.split(' ');
    if (verb === 'echo') {
      printed += `${words.join(' ')}\n`;
      onLine(words.join(' '));
    }
    if (verb === 'exit') return [Number(words[0]), printed];
    if (verb === 'sleep') await endless(signal);
  }
  return [0, printed];
};

/** An executor in memory: deploys by remembering, runs what it is given. */
export function createFakeExecutor(script: Script = tinyShell): Executor {
  const deployed = new Map<string, Service>();
  const running = new Map<string, Promise<Outcome>>();

  const outcome = async (task: Task, onLine: (line: string) => void, signal: AbortSignal): Promise<Outcome> => {
    const startedAt = Date.now();
    const end = async (): Promise<Pick<Outcome, 'state' | 'exitCode' | 'reason'> & { printed: string }> => {
      try {
        const [exitCode, printed] = await script(task, onLine, signal);
        if (exitCode === 0) return { state: 'Succeeded', exitCode, printed };
        return { state: 'Failed', exitCode, reason: `The script ended with exit code ${exitCode}.`, printed };
      } catch (error) {
        return { state: 'Failed', reason: (error as Error).message, printed: '' };
      }
    };
    const { printed, ...state } = await end();
    const answer = { form: 'output' as const, content: { bytes: Buffer.from(printed) } };
    return { ...state, answer, outputs: [], startedAt, finishedAt: Date.now(), release: async () => undefined };
  };

  return {
    probe: async () => ({ ok: true, detail: 'everything happens in memory' }),
    observe: async () =>
      [...deployed.values()].map(({ name, fingerprint }) => ({
        service: name,
        fingerprint,
        state: 'ready',
        instances: 0,
        lines: [],
      })),
    deploy: async (service) => {
      deployed.set(service.name, service);
      return [];
    },
    withdraw: async (name) => void deployed.delete(name),
    run: (task, onLine, signal) => {
      const known = running.get(task.id);
      if (known) return known;
      const fresh = outcome(task, onLine, signal).finally(() => running.delete(task.id));
      running.set(task.id, fresh);
      return fresh;
    },
  };
}
