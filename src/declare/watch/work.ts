import type { Diagnostic } from '../positions.ts';
import type { FdlContent } from './content.ts';
import type { Ledger } from './ledger.ts';
import type { Settled } from './settled.ts';
import type { WatchOptions } from './watching.ts';

/** One round over some files. */
export interface Work extends WatchOptions {
  ledger: Ledger;
  settled: Settled;
  /** The files to look at again, in how many ms. */
  later: Map<string, number>;
  /** What goes when everything is declared. */
  leaving: { path: string; leave(): Promise<void> }[];
}

/** A file that holds something new. */
export interface Candidate {
  path: string;
  content: FdlContent;
}

/** Editors move a file away and write it anew: it is gone only when it stays away so long. */
const grace = 150;

/** Has it been so for long enough? If not, the file is looked at again when it has. */
export function isDue({ elapsed, later }: Work, path: string, since: number): boolean {
  const rest = grace - (elapsed() - since);
  if (rest > 0) later.set(path, Math.ceil(rest));
  return rest <= 0;
}

/** The content that the file was declared with last. */
export const declaredWith = ({ ledger, seen }: Work, path: string): string | undefined =>
  (ledger.has(path) ? ledger.of(path).left?.hash : undefined) ?? seen.get(path);

/** Reports what is wrong with a file, and remembers that it was. */
export function refuse({ ledger, onEvent }: Work, path: string, hash: string, problems: Diagnostic[]): void {
  ledger.of(path).refused = hash;
  onEvent({ kind: 'refused', path, problems });
}

/** Looks again at the files that waited for a name of this one. */
export function unblock({ ledger, later }: Work, path: string): void {
  for (const blocked of ledger.freedBy(path)) {
    const known = ledger.of(blocked);
    known.blockedBy = undefined;
    known.refused = undefined;
    later.set(blocked, 0);
  }
}
