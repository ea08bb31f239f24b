import { chmod, mkdir, rm } from 'node:fs/promises';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Known, Sides } from './decide.ts';
import { holdTop } from './held.ts';
import type { Ground } from './moves.ts';
import { type Rest, runRound } from './round.ts';
import { createSay } from './said.ts';
import { isSame } from './tree.ts';

export interface Rounds {
  /**
   * A round that begins after this call; it never rejects. It takes a file for whole that rested so long, and tries
   * what failed before: a patient one not every time.
   */
  next(how: Manner): Promise<Rest>;
  /** After the last one. */
  end(): Promise<void>;
}

export interface Manner {
  restMs: number;
  patient: boolean;
}

export interface RoundsOptions extends Omit<Ground, 'staging' | 'known'> {
  folder: string;
  now(): number;
  log: Log;
}

/** The rounds of one mount, one after another, and what is remembered between them. */
export function createRounds(options: RoundsOptions): Rounds {
  const { bucket, prefix, folder, log } = options;
  const staging = `${folder}.staging`;
  const say = createSay(log, { bucket, prefix, service: options.writer });
  const rests = createRests(options.now);
  const failing = createFailing(options.now);
  const state = { known: new Map<string, Known>(), markers: new Set<string>() };
  let isPrepared = false;
  let home: { dev: number; ino: number } | undefined;

  const round = async ({ restMs, patient }: Manner): Promise<Rest> => {
    if (!isPrepared) await prepare(folder, staging);
    isPrepared = true;
    const top = holdTop(folder);
    try {
      home ??= top.stats;
      // An empty folder in the place of ours must not pass for a folder that was emptied.
      if (home.ino !== top.stats.ino || home.dev !== top.stats.dev) {
        throw new SandboxError('unavailable', `The folder ${folder} of a mount was replaced by another one.`);
      }
      return await runRound({
        ...options,
        ...state,
        staging,
        top,
        restMs,
        rests: rests.ask,
        holdsOff: (path) => patient && failing.holdsOff(path),
        onSettled: failing.note,
        say,
      });
    } finally {
      top.close();
      rests.tidy();
    }
  };
  const attempt = (how: Manner): Promise<Rest> =>
    round(how).catch((error: unknown) => {
      say('', `The mount is not kept in step: ${(error as Error).message}`);
      return { busy: [], behind: new Set<string>(), failures: [], broken: error };
    });

  let last: Promise<unknown> = Promise.resolve();
  let waiting: { how: Manner; done: Promise<Rest> } | undefined;
  // Who asks for as much before it begins shares it.
  const next = (how: Manner): Promise<Rest> => {
    if (waiting && (how.patient || !waiting.how.patient)) return waiting.done;
    const mine = {
      how,
      done: last.then(() => {
        if (waiting === mine) waiting = undefined;
        return attempt(how);
      }),
    };
    waiting = mine;
    last = mine.done;
    return mine.done;
  };
  return { next, end: () => rm(staging, { recursive: true, force: true }) };
}

async function prepare(folder: string, staging: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o777);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { mode: 0o700 });
}

/** Knows since when a file has looked as it does: by its own account, or by ours when its clock is not. */
function createRests(now: () => number) {
  let seen = new Map<string, { mark: NonNullable<Sides['here']>; since: number }>();
  let asked: typeof seen = new Map();
  return {
    ask: (path: string, { here }: Sides, restMs: number): boolean => {
      if (!here) return true;
      const before = seen.get(path);
      const entry = before && isSame(before.mark, here) ? before : { mark: here, since: now() };
      asked.set(path, entry);
      return now() - entry.since >= restMs || now() - here.changed >= restMs;
    },
    tidy: () => {
      seen = asked;
      asked = new Map();
    },
  };
}

const longestMs = 60_000;

/** Lets what failed wait, ever longer: a file that the store refuses is not read again at every round. */
function createFailing(now: () => number) {
  const waits = new Map<string, { ms: number; until: number }>();
  return {
    holdsOff: (path: string) => now() < (waits.get(path)?.until ?? 0),
    note: (path: string, failed: boolean) => {
      if (!failed) return void waits.delete(path);
      const ms = Math.min((waits.get(path)?.ms ?? 500) * 2, longestMs);
      waits.set(path, { ms, until: now() + ms });
    },
  };
}
