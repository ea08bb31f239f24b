import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const few = 3;
const quiet = 20;
const patience = 1000;
const gitPatience = 10_000;

export interface CalmParts {
  folder: string;
  /** The time of day, which a lock bears. */
  now(): number;
  /** Milliseconds that only ever grow. */
  elapsed(): number;
}

/** Holds a round back while many files change at once, or while git writes them; a single save is never held back. */
export function createCalm({ folder, now, elapsed }: CalmParts) {
  const locks = ancestors(folder).map((path) => join(path, '.git', 'index.lock'));
  // A lock that a crash left behind must not hold anything back.
  const gitWrites = () => locks.some((lock) => Math.abs(now() - writtenAt(lock)) < gitPatience);
  return async ({ crowd, lastEvent }: { crowd: () => number; lastEvent: () => number }): Promise<void> => {
    const started = elapsed();
    while (gitWrites() && elapsed() - started < gitPatience) await pause(quiet);
    const calmed = elapsed();
    while (crowd() > few && elapsed() - lastEvent() < quiet && elapsed() - calmed < patience) await pause(quiet / 2);
  };
}

/** When the file was written; never, as far as we are concerned, when there is none or we may not look at it. */
function writtenAt(path: string): number {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
  } catch {
    // A `.git` that belongs to somebody else, a share that went away: nothing that we could wait for.
    return Number.NEGATIVE_INFINITY;
  }
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
