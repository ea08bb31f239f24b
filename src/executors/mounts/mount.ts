import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { Buckets } from '../../objects/buckets.ts';
import { failureOf, type Rest } from './round.ts';
import { createRounds } from './rounds.ts';

export interface MountOptions {
  buckets: Buckets;
  bucket: string;
  /** Without a slash at its end; empty for the whole bucket. */
  prefix: string;
  /** Made when it is not there, in a folder that is ours alone. Beside it, `<folder>.staging` holds what is on its way. */
  folder: string;
  /** The service: it is not started by what its own mount changes. */
  writer: string;
  everyMs?: number;
  now(): number;
  log: Log;
}

/**
 * A folder and `bucket/prefix`, kept in step both ways. What is known of both sides is kept in memory alone: at first
 * everything that is on one side only is new there, so nothing is lost, and of two versions the later one stays.
 */
export interface Mount {
  /** Everything of the bucket is in the folder now. Rejects when that cannot be. */
  ready: Promise<void>;
  /**
   * What changed on either side before the call is on the other after it, but for a file that is still being written.
   * Rejects when something could not be brought over.
   */
  flush(): Promise<void>;
  /** What changed in the bucket before the call is in the folder after it. */
  refresh(): Promise<void>;
  /** No rounds but flushes until `resume`: nobody looks into the folder. */
  halt(): void;
  resume(): void;
  /** A last round, then no more. Answers the files whose content is in the folder alone. */
  close(): Promise<string[]>;
}

const usualEveryMs = 600;
/** Whoever writes a file pauses for less than this. */
const usualRestMs = 500;
/** Of a file that its writer has probably ended with. */
const flushRestMs = 100;
const flushPauseMs = 40;
/** How long a flush waits for what is still being written. */
const flushPatienceMs = 1_000;
const longestPauseMs = 30_000;

export function openMount(options: MountOptions): Mount {
  const { folder, everyMs = usualEveryMs, now } = options;
  const rounds = createRounds(options);
  let halted = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const schedule = (failures = 0, took = 0) => {
    clearTimeout(timer);
    if (halted || closed) return;
    // A store that is away is asked ever more rarely, and a large folder leaves time for others.
    const wait = Math.min(Math.max(everyMs, Math.min(4 * took, 2 * everyMs)) * 2 ** failures, longestPauseMs);
    timer = setTimeout(() => void beat(failures), wait).unref();
  };
  const beat = async (failures: number) => {
    const start = now();
    const { broken } = await rounds.next({ restMs: Math.min(usualRestMs, everyMs), patient: true });
    schedule(broken === undefined ? 0 : Math.min(failures + 1, 8), now() - start);
  };
  const round = () => rounds.next({ restMs: flushRestMs, patient: false });
  const flushed = async (): Promise<Rest> => {
    let rest = await round();
    // Rounds may take long themselves: what counts is how long a writer was waited for.
    for (let waited = 0; rest.busy.length > 0 && waited < flushPatienceMs; waited += flushPauseMs) {
      await pause(flushPauseMs);
      rest = await round();
    }
    return rest;
  };
  const told = async (bring: () => Promise<Rest>): Promise<Rest> => {
    const rest = await bring();
    const failure = failureOf(rest, folder);
    if (failure) throw failure;
    return rest;
  };
  const ready = told(round).then(() => undefined);
  ready.catch(() => undefined).finally(() => schedule());
  return {
    ready,
    refresh: async () => void (await told(round)),
    flush: async () => void (await told(flushed)),
    halt: () => {
      halted = true;
      clearTimeout(timer);
    },
    resume: () => {
      halted = false;
      schedule();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const rest = await told(flushed).finally(rounds.end);
      return [...rest.behind];
    },
  };
}
