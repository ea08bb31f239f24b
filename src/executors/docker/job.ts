import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Ran } from '../agent.ts';
import type { ScriptEnd } from '../crew.ts';
import { patiently } from '../patience.ts';
import type { Underway } from '../runner.ts';
import type { Staging } from '../workspace/workspace.ts';
import type { Berth } from './berth.ts';
import type { Cell } from './cell.ts';
import { type Ending, endingOf } from './ending.ts';
import type { Errands } from './errands.ts';
import { readJob } from './jobend.ts';
import { killUntil } from './kill.ts';
import type { Marks } from './labels.ts';
import type { Records } from './records.ts';
import type { Opened, Shelf } from './shelf.ts';

export interface JobParts {
  /** Aborted when the sandbox stops. */
  closing: AbortController;
  engine: Engine;
  marks: Marks;
  shelf: Shelf;
  records: Records;
  errands: Errands;
}

/** What of a container is left to do when its job has ended. */
export interface Held {
  id: string;
  berth: Berth;
  flush(): Promise<void>;
  remove(): Promise<void>;
}

/** Runs a job in a container of its own. */
export function createJobRun({ closing, engine, marks, shelf, records, errands }: JobParts) {
  const open = ({ task, ...underway }: Underway, { report }: Staging): Promise<Opened> => {
    const signal = AbortSignal.any([underway.signal, closing.signal]);
    return patiently({ engine, signal, onWait: () => report.info('waits for the container engine') }, () => {
      signal.throwIfAborted();
      return shelf.open(task.service, 'job');
    });
  };
  const note = (cell: Cell, underway: Underway, staging: Staging): string => {
    const nonce = randomBytes(16).toString('hex');
    const { folder, known } = staging;
    const { id: task, service } = underway.task;
    const place = cell.berth.place;
    const holder = cell.holder();
    records.write({
      container: cell.id,
      task,
      service: service.name,
      nonce,
      folder,
      known,
      place,
      ...(holder ? { holder } : {}),
    });
    return nonce;
  };
  const nameAfter = (cell: Cell, task: string) =>
    // A name is a comfort: one that is taken is done without.
    engine.rename(cell.id, marks.name('job', task)).catch(() => undefined);

  return async (underway: Underway, staging: Staging): Promise<ScriptEnd> => {
    const { cell, streams } = await open(underway, staging);
    const held: Held = { ...cell, flush: async () => cell.mounted?.flush() };
    errands.add(nameAfter(cell, underway.task.id));
    return follow({ engine, records, errands, held, underway, staging }, async () => {
      await cell.berth.bring(cell.id, staging);
      const nonce = note(cell, underway, staging);
      streams.input.write(`${nonce} ${staging.folder}\n`);
      return readJob(streams.output, nonce, staging.onOutput);
    });
  };
}

export interface Following extends Pick<JobParts, 'engine' | 'records' | 'errands'> {
  held: Held;
  underway: Underway;
  staging: Staging;
}

/** Waits for the end of a job that `read` hears of, and fetches its files; an abort ends its container. */
export async function follow(following: Following, read: () => Promise<Ran | undefined>): Promise<ScriptEnd> {
  const { engine, records, errands, held, underway, staging } = following;
  const { signal } = underway;
  const over = new AbortController();
  const abort = () => errands.add(killUntil(engine, held.id, over.signal));
  // Not before: until its end is written down, another run of the program may have to take it up.
  staging.onRelease(async () => {
    records.remove(held.id);
    void errands.persist(held.remove);
  });
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    const ran = (await read()) ?? (await cutShort(engine, held.id, signal));
    const ending = await ended(engine, held.id);
    await held.berth.fetch(held.id, staging, staging.onSkip);
    await held.flush();
    const oom = isOom(ran, ending);
    return { exitCode: oom ? ran.exitCode || 137 : ran.exitCode, oom };
  } catch (error) {
    held.berth.drop(staging);
    throw error;
  } finally {
    over.abort();
    signal.removeEventListener('abort', abort);
  }
}

/** The first process of a job ends with the script, and with it what that left running. */
const SOON_MS = 500;

/** Makes sure that nothing of the job runs any more, before anybody looks at its files: only the engine can be believed. */
async function ended(engine: Engine, id: string): Promise<Ending | undefined> {
  const ending = endingOf(engine, id);
  // A kill that fails is what is told.
  ending.catch(() => undefined);
  const soon = new AbortController();
  const late = pause(SOON_MS, 'late' as const, { signal: soon.signal }).catch(() => undefined);
  try {
    if ((await Promise.race([ending, late])) === 'late') await killUntil(engine, id, AbortSignal.timeout(SOON_MS));
  } finally {
    soon.abort();
  }
  return ending;
}

/** What cannot be told from inside, the engine knows once the container has ended. */
const isOom = ({ exitCode, oomKills }: Ran, ending: Ending | undefined): boolean =>
  oomKills !== undefined || exitCode !== 137 ? (oomKills ?? 0) > 0 : (ending?.outOfMemory ?? false);

/** An engine that shuts down ends its containers first. */
const MOMENT_MS = 1000;

/** The end of a job whose container was ended before the script was. */
async function cutShort(engine: Engine, id: string, signal: AbortSignal): Promise<Ran> {
  const ending = await endingOf(engine, id);
  if (ending?.outOfMemory) return { exitCode: 137, oomKills: 1 };
  if (!signal.aborted) {
    // Whoever calls it off need not know.
    await pause(MOMENT_MS, undefined, { signal }).catch(() => undefined);
    await engine.ping();
  }
  if (!ending) throw new SandboxError('failed', 'Its container was removed in the middle of the job.');
  const how = ending.exitCode === 137 ? 'was killed from outside (SIGKILL)' : `ended with exit code ${ending.exitCode}`;
  throw new SandboxError('failed', `Its container ${how} in the middle of the job.`);
}
