import { dismiss, leave, miss } from './absence.ts';
import { claimNames } from './claims.ts';
import { onlySettled } from './complete.ts';
import { type FdlContent, readContent } from './content.ts';
import { forbidden } from './forbidden.ts';
import { handOver } from './hand.ts';
import type { Ledger } from './ledger.ts';
import { createSettled } from './settled.ts';
import type { WatchOptions } from './watching.ts';
import { type Candidate, declaredWith, type Work } from './work.ts';

/** Looks at files that may have changed and declares what they say. Answers which to look at again, in how many ms. */
export type Round = (paths: string[]) => Promise<Map<string, number>>;

const atOnce = 16;

/** Rounds over the files of a folder. */
export function createRound(options: WatchOptions, ledger: Ledger): Round {
  const settled = createSettled({ platform: process.platform });
  return async (paths) => {
    const work: Work = { ...options, ledger, settled, later: new Map(), leaving: [] };
    const changed = (await Promise.all(paths.toSorted().map((path) => readOne(work, path)))).filter(
      (it) => it !== undefined,
    );
    const complete = await onlySettled(work, changed);
    const accepted = await claimNames(work, complete);
    await each(accepted, (candidate) => handOver(work, candidate));
    await each(work.leaving, (departure) => leave(work, departure));
    return work.later;
  };
}

async function each<T>(all: T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += atOnce) await Promise.all(all.slice(i, i + atOnce).map(work));
}

/** What the file holds, if that is new. */
async function readOne(work: Work, path: string): Promise<Candidate | undefined> {
  const { ledger, log } = work;
  const declared = declaredWith(work, path);
  const expected = declared !== undefined || (ledger.has(path) && ledger.of(path).refused !== undefined);
  const content = await readContent(path, expected);
  if (content.kind === 'gone') return void miss(work, path);
  const known = ledger.of(path);
  if (content.kind === 'forbidden') return void forbidden(work, path);
  known.marks = content.marks;
  known.forbidden = undefined;
  known.missingSince = undefined;
  if (content.kind !== 'fdl') {
    log.debug(`${path} is not read: ${content.kind === 'empty' ? 'it is empty' : content.why}`);
    return undefined;
  }
  known.scripts = content.scripts;
  if (content.hash === declared) {
    unchanged(work, path, content);
    return undefined;
  }
  return content.hash === known.refused ? undefined : { path, content };
}

function unchanged(work: Work, path: string, { file }: FdlContent): void {
  const known = work.ledger.of(path);
  known.names = file.services.map((service) => service.input.name);
  known.refused = undefined;
  known.lackingSince = undefined;
  known.waitingSince = undefined;
  dismiss(work, path);
}
