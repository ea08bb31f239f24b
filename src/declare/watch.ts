import { createCalm } from './watch/calm.ts';
import { type Eyes, openEyes } from './watch/eyes.ts';
import { demandFolder, isServable } from './watch/folder.ts';
import { createLedger } from './watch/ledger.ts';
import { createPump } from './watch/pump.ts';
import { createRound } from './watch/round.ts';
import { createSweeper } from './watch/sweeper.ts';
import type { Seen, WatchEvent, WatchOptions } from './watch/watching.ts';

export type { Seen, WatchEvent, WatchOptions };

export interface Watch {
  /** Declares what the folder holds; resolves when all of it is served or refused. */
  scan(): Promise<void>;
  close(): Promise<void>;
}

/** Serves a folder: what is saved there is declared, what is deleted there is withdrawn. */
export function createWatch(options: WatchOptions): Watch {
  const { folder, seen, log, now, elapsed } = options;
  const ledger = createLedger();
  const round = createRound(options, ledger);
  let eyes: Eyes | undefined;
  let waiting: (() => void)[] = [];

  const rest = () => {
    for (const script of ledger.scripts()) eyes?.add(script);
    if (!pump.isDone() || sweeper.isBusy()) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const isWaiting = (path: string) => ledger.has(path) && ledger.of(path).waitingSince !== undefined;
  const pump = createPump({ round, calm: createCalm({ folder, now, elapsed }), isWaiting, onRest: rest, elapsed, log });
  const sweep = async () => (await ledger.stale(folder, seen.paths())).forEach(pump.find);
  const sweeper = createSweeper({ sweep, onRest: rest, elapsed, log });

  /** Finds the files that an event is about. Whatever is not plainly one of ours makes the folder be looked through. */
  const onChange = (path: string, renamed: boolean) => {
    for (const file of ledger.usersOf(path)) pump.touch(file);
    if (isServable(folder, path)) pump.touch(path);
    if (renamed) sweeper.soon();
  };
  const onBlind = (error: unknown) => {
    log.warn(`The folder ${folder} cannot be watched in full and is looked through every second: ${String(error)}`);
    sweeper.every(1000);
  };

  return {
    scan: async () => {
      await demandFolder(folder);
      eyes ??= openEyes(folder, { onChange, onReady: sweeper.soon, onBlind });
      await sweeper.now();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        rest();
      });
    },
    close: async () => {
      sweeper.close();
      await eyes?.close();
      await pump.close();
      for (const resolve of waiting) resolve();
    },
  };
}
