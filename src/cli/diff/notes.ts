import type { Subject } from './subject.ts';
import type { Seen } from './trial.ts';

/** Why the executors may differ, and what was left out. */
export function notesOf(seen: readonly Seen[], { chained }: Subject, same: boolean): string[] {
  return [
    ...sentences(seen, same),
    ...(same ? [] : chance(seen)),
    ...(chained.length > 0 ? [`What its outputs would start was not: ${chained.join(', ')}.`] : []),
  ];
}

/** Each sentence once, with the executors that it is about. */
function sentences(seen: readonly Seen[], same: boolean): string[] {
  const about = new Map<string, string[]>();
  const say = (executor: string, sentence: string | undefined) => {
    if (sentence) about.set(sentence, [...(about.get(sentence) ?? []), executor]);
  };
  for (const { executor, reason } of seen) say(executor, reason);
  for (const { executor, remarks, exitCode } of same ? [] : seen) {
    if (exitCode === 127 && seen.some((other) => other.exitCode !== exitCode)) say(executor, notThere);
    say(executor, remarks);
  }
  return [...about].map(([sentence, executors]) => `${executors.join(', ')}: ${sentence}`);
}

/** What ended alike and yet differs may hold the time of day. */
function chance(seen: readonly Seen[]): string[] {
  const [first, ...others] = seen;
  const endedAlike = others.every(({ state, exitCode }) => state === first?.state && exitCode === first.exitCode);
  const isTried = seen.some(({ executor }) => executor.includes(' '));
  if (!first || !endedAlike || isTried) return [];
  const again = `--executors ${first.executor},${first.executor}`;
  return [`Time or chance may do that too: ${again} shows whether the service differs from itself.`];
}

const notThere = 'With exit code 127 ends a shell that does not find a program.';
