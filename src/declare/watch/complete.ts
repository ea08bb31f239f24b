import type { FdlContent } from './content.ts';
import { markOf, sameMark } from './marks.ts';
import { type Candidate, declaredWith, isDue, type Work } from './work.ts';

/** Those that nobody writes, that stayed as they were read, and that have all their scripts. */
export async function onlySettled(work: Work, changed: Candidate[]): Promise<Candidate[]> {
  if (changed.length === 0) return [];
  const writers = await work.settled.unsettled(changed.flatMap(({ content }) => content.marks));
  const complete: Candidate[] = [];
  for (const candidate of changed) {
    const { path, content } = candidate;
    const busy = content.marks.find((mark) => writers.has(mark.path));
    if (busy) waitFor(work, path, `${busy.path} is read when ${writers.get(busy.path)} closes it`);
    else if (!(await stayed(content))) work.later.set(path, 1);
    else if (hasScripts(work, candidate)) complete.push(candidate);
  }
  return complete;
}

function waitFor({ ledger, elapsed, later, onEvent }: Work, path: string, text: string): void {
  const known = ledger.of(path);
  known.waitingSince ??= elapsed();
  const waited = elapsed() - known.waitingSince;
  later.set(path, waited < 200 ? 4 : 40);
  if (waited < 2000 || known.toldWaiting) return;
  known.toldWaiting = true;
  onEvent({ kind: 'waiting', path, text });
}

async function stayed(content: FdlContent): Promise<boolean> {
  const marks = await Promise.all(content.marks.map((mark) => markOf(mark.path)));
  return content.marks.every((mark, i) => sameMark(mark, marks[i]));
}

/** A script that is away or empty is on its way, for a moment; an emptied one is never a save. */
function hasScripts(work: Work, { path, content }: Candidate): boolean {
  const { ledger, elapsed, log } = work;
  const known = ledger.of(path);
  known.waitingSince = undefined;
  known.toldWaiting = undefined;
  const lacking = content.lacking[0];
  if (!lacking) {
    known.lackingSince = undefined;
    return true;
  }
  if (lacking.empty && declaredWith(work, path) !== undefined) {
    log.debug(`${path} is not declared again: ${lacking.path} is empty`);
    return false;
  }
  known.lackingSince ??= elapsed();
  return isDue(work, path, known.lackingSince);
}
