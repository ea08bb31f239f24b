import { existsSync, renameSync } from 'node:fs';
import { join, posix } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Container, Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Ran } from '../agent.ts';
import type { ScriptEnd } from '../crew.ts';
import type { Underway } from '../runner.ts';
import type { Staging } from '../workspace/workspace.ts';
import { type Berth, boundBerth, copiedBerth } from './berth.ts';
import { endingOf } from './ending.ts';
import type { Errands } from './errands.ts';
import { follow, type JobParts } from './job.ts';
import { readJob } from './jobend.ts';
import { type Marks, roleOf, runOf } from './labels.ts';
import type { JobRecord, Records } from './records.ts';
import type { Stores } from './stores.ts';
import { passing } from './sweep.ts';

export interface LeftParts {
  engine: Engine;
  marks: Marks;
  records: Records;
  /** Where the folders of tasks are. */
  tasks: string;
  /** Does an unfinished job of this id still exist? */
  isWanted(task: string): boolean;
  errands: Errands;
  /** Aborted when the sandbox stops. */
  closing: AbortController;
  log: Log;
  /** After this while it is looked once more. */
  againMs?: number;
}

/** What a program that was killed had asked for last, the engine may make a while later. */
const AGAIN_MS = 10_000;

/** The jobs that a run of the program before this one left and somebody waits for; all else that it left is removed. */
export async function takeUp(parts: LeftParts): Promise<JobRecord[]> {
  const { engine, marks, records, tasks, isWanted, errands, log } = parts;
  const containers = new Map((await engine.list(marks.all)).map((container) => [container.id, container]));
  const left = records.list().filter((record) => isAlive(containers.get(record.container)) && isWanted(record.task));
  const kept = new Set(left.flatMap(({ container, holder }) => [container, holder]));
  for (const { container } of records.list()) if (!kept.has(container)) records.remove(container);
  for (const record of left) restore(record, tasks);

  const isOurs = ({ labels }: Container) => passing.includes(roleOf(labels) ?? '');
  const gone = [...containers.values()].filter((container) => isOurs(container) && !kept.has(container.id));
  await Promise.all(gone.map(({ id }) => engine.remove(id)));
  if (containers.size > 0) log.info('taken up after the last run', { jobs: left.length, removed: gone.length });
  errands.add(sweepLate(parts, kept));
  return left;
}

async function sweepLate(
  { engine, marks, closing, log, againMs = AGAIN_MS }: LeftParts,
  kept: Set<string | undefined>,
) {
  const { signal } = closing;
  await pause(againMs, undefined, { signal, ref: false }).catch(() => undefined);
  if (signal.aborted) return;
  const isLate = ({ id, labels }: Container) =>
    passing.includes(roleOf(labels) ?? '') && runOf(labels) !== marks.run && !kept.has(id);
  const late = (await engine.list(marks.all)).filter(isLate);
  await Promise.all(late.map(({ id }) => engine.remove(id)));
  if (late.length > 0) log.info('removed what came late of the last run', { removed: late.length });
}

const isAlive = (container: Container | undefined): boolean =>
  container?.state === 'running' || container?.state === 'exited';

/** A folder that was taken back before the end was told is put where the container saw it. */
function restore({ place, folder }: JobRecord, tasks: string): void {
  if (!place) return;
  const [home, berth] = [join(tasks, posix.basename(folder)), join(place, posix.basename(folder))];
  if (existsSync(home) && !existsSync(berth)) renameSync(home, berth);
}

/** The place of a job that was taken up. */
const berthOf = (engine: Engine, { place }: JobRecord): Berth => (place ? boundBerth(place) : copiedBerth(engine));

type AgainParts = Pick<JobParts, 'engine' | 'records' | 'errands'> & Pick<Stores, 'mount'>;

/** Waits for the end of a job that was taken up, as if it had just begun: what it printed comes again. */
export function runAgain(
  { engine, records, errands, mount }: AgainParts,
  record: JobRecord,
  { underway, staging }: { underway: Underway; staging: Staging },
): Promise<ScriptEnd> {
  const { container: id, nonce, folder } = record;
  const berth = berthOf(engine, record);
  const remove = async () => {
    await engine.remove(id);
    if (record.holder) await engine.remove(record.holder);
    await Promise.all([berth.remove(), mounted?.release()]);
  };
  const mounted = mount(underway.task.service);
  const held = { id, berth, flush: async () => mounted?.flush(), remove };
  return follow({ engine, records, errands, held, underway, staging }, async () => {
    const runs = (await engine.inspect(id))?.state === 'running';
    // It may not have been told yet; told twice, it hears the first time.
    if (runs) {
      const { input, output, errors } = await engine.attach(id);
      // Both are read from the log.
      for (const stream of [output, errors]) stream.resume();
      input.on('error', () => undefined);
      input.write(`${nonce} ${folder}\n`);
      errands.add(Promise.resolve().then(() => input.end()));
    }
    const ran = await readJob(await engine.logs(id), nonce, staging.onOutput);
    return ran ?? (runs ? undefined : endedUnseen(engine, id));
  });
}

/** Its script did not come to its end, and nobody knows why: the machine may have been switched off. */
async function endedUnseen(engine: Engine, id: string): Promise<Ran> {
  if ((await endingOf(engine, id))?.outOfMemory) return { exitCode: 137, oomKills: 1 };
  throw new SandboxError('unavailable', 'Its container ended while the sandbox was away.');
}
