import { asSandboxError } from '../../model/errors.ts';
import { markOf } from './marks.ts';
import { declaredWith, isDue, unblock, type Work } from './work.ts';

/** Notes that a file is away. Once it has been for a while, what it declared goes at the end of the round. */
export function miss(work: Work, path: string): void {
  const { ledger, elapsed, leaving } = work;
  if (!ledger.has(path) && declaredWith(work, path) === undefined) return;
  const known = ledger.of(path);
  known.missingSince ??= elapsed();
  if (isDue(work, path, known.missingSince)) leaving.push({ path, leave: () => leaveFile(work, path) });
}

/** What left a file that stays goes at the end of the round, unless it turned up in another file meanwhile. */
export function dismiss(work: Work, path: string): void {
  const { left } = work.ledger.of(path);
  if (left && isDue(work, path, left.since)) work.leaving.push({ path, leave: () => leaveServices(work, path) });
}

/** Lets go of what is to leave, after everything that the round declares: what is declared elsewhere has only moved. */
export async function leave({ log, later }: Work, { path, leave }: Work['leaving'][number]): Promise<void> {
  try {
    await leave();
  } catch (error) {
    log.warn(`The services of ${path} could not be withdrawn: ${asSandboxError(error).message}`);
    later.set(path, 1000);
  }
}

async function leaveFile(work: Work, path: string): Promise<void> {
  const { ledger, seen, later, servicesOf, withdraw } = work;
  if (await markOf(path)) return void later.set(path, 1);
  const served = declaredWith(work, path) !== undefined;
  if (served) {
    await withdraw(path, servicesOf(path));
    await seen.forget(path);
  }
  ledger.forget(path);
  if (served) work.onEvent({ kind: 'withdrawn', path });
  unblock(work, path);
}

async function leaveServices({ ledger, seen, withdraw }: Work, path: string): Promise<void> {
  const known = ledger.of(path);
  if (!known.left) return;
  await withdraw(path, known.left.names);
  await seen.set(path, known.left.hash);
  known.left = undefined;
}
