import { join } from 'node:path';
import { SandboxError } from '../../model/errors.ts';
import type { Context, Run } from '../command.ts';
import { compare } from '../diff/compare.ts';
import { demandExecutors, labelled } from '../diff/executors.ts';
import { findInput, type Given } from '../diff/input.ts';
import { notesOf } from '../diff/notes.ts';
import { openPlace, type Place, placeFolder } from '../diff/place.ts';
import { type Verdict, verdictText, verdictValue } from '../diff/report.ts';
import { type Scratch, sweepScratch, withScratch } from '../diff/scratch.ts';
import { findSubject, type Subject } from '../diff/subject.ts';
import { type Seen, tryOut } from '../diff/trial.ts';

/** Runs one service on several executors, in sandboxes of their own, and tells where they differ. */
export const diff: Run = async (context) => {
  const { out } = context;
  const stop = context.interruption();
  const executors = demandExecutors(context.settings.text('executors'));
  try {
    await sweepScratch(context);
    const verdict = await withScratch((root) => judge({ context, executors, root, stop }));
    out.value(verdictValue(verdict), () => verdictText(verdict, out.paint));
    return verdict.same ? 0 : 1;
  } catch (error) {
    if (!stop.aborted) throw error;
    out.note('Stopped.');
    return interrupted;
  }
};

/** What shells say of a program that Ctrl-C ended. */
const interrupted = 130;

interface Judging {
  context: Context;
  executors: string[];
  root: Scratch;
  stop: AbortSignal;
}

async function judge({ context, executors, root, stop }: Judging): Promise<Verdict> {
  const subject = await findSubject(context);
  const given = await findInput(context, subject.definition, root.folder);
  const places: Place[] = [];
  const onLeft = (sentence: string) => {
    root.isNeeded = true;
    context.out.warn(sentence);
  };
  try {
    // All of them first: one that is not to be had is told before the others work.
    for (const [index, executor] of executors.entries()) {
      stop.throwIfAborted();
      places.push(await openPlace({ context, executor, dataDir: placeFolder(root.folder, index), onLeft }));
    }
    const seen: Seen[] = [];
    // One after the other, as they would take time from each other.
    for (const place of places) {
      context.out.note(`${place.executor}: ${given.how === 'run' ? 'calling' : 'starting a job of'} ${subject.name}`);
      const folder = join(root.folder, `seen-${seen.length}`);
      seen.push(await tryOut({ place, subject, given, folder, signal: stop }));
    }
    return await verdictOn(labelled(seen), subject, given);
  } finally {
    await Promise.all(places.map((place) => place.remove()));
  }
}

async function verdictOn(seen: Seen[], subject: Subject, { how }: Given): Promise<Verdict> {
  const [first, ...others] = seen;
  if (!first || seen.every(({ invocation }) => invocation === undefined)) {
    throw new SandboxError('unavailable', first?.reason ?? 'No executor was named.', {
      hint: 'It ran on none of them, so there is nothing to compare.',
    });
  }
  const rows = await compare([first, ...others]);
  const same = rows.every((row) => row.same !== false);
  return { service: subject.name, how, same, seen, rows, notes: notesOf(seen, subject, same) };
}
