import { SandboxError } from '../../model/errors.ts';
import type { Seen } from './trial.ts';

/** The executors that are compared, two at least. */
export function demandExecutors(text = ''): string[] {
  const names = text.split(/[\s,]+/).filter(Boolean);
  if (names.length < 2) {
    throw new SandboxError('invalid', `Two executors are compared, and ${names[0] ?? 'none'} was named.`, {
      hint: 'Write --executors docker,local; the same one twice shows whether a service differs from itself.',
    });
  }
  if (names.includes('auto')) {
    throw new SandboxError('invalid', 'auto is not an executor: it chooses one.', { hint: 'Name the executor.' });
  }
  return names;
}

/** Tells apart what ran twice on the same executor. */
export const labelled = (seen: readonly Seen[]): Seen[] =>
  seen.map((one, index) => {
    const before = seen.slice(0, index).filter(({ executor }) => executor === one.executor).length;
    return before === 0 ? one : { ...one, executor: `${one.executor} (${before + 1})` };
  });
