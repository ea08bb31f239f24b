import { SandboxError } from '../../model/errors.ts';
import { type Held, Moved } from '../held.ts';
import { type Decision, decide, isChangedHere, laterOf, type Sides } from './decide.ts';
import { type Listing, list } from './listing.ts';
import { createMoves, type Ground, type Moves, prune } from './moves.ts';
import { fileFault, foldersOf, keyPrefix } from './names.ts';
import type { Say } from './said.ts';
import { closedAt, readTree, type Tree } from './tree.ts';

/** What a round left for the next one. */
export interface Rest {
  /** Paths at which something is going on: written, or changed while it was looked at. */
  busy: string[];
  /** Files whose content is not in the bucket, those included that cannot be. */
  behind: Set<string>;
  failures: unknown[];
  /** Why nothing at all could be done. */
  broken?: unknown;
}

export interface RoundOptions extends Ground {
  top: Held;
  /** The markers that there were in the last round. */
  markers: Set<string>;
  /** So long a file must not have been touched before it is taken for whole. */
  restMs: number;
  /** Has the file been as it is for that long? */
  rests(path: string, sides: Sides, restMs: number): boolean;
  /** Is it too early to try this path again, after it failed? */
  holdsOff(path: string): boolean;
  onSettled(path: string, failed: boolean): void;
  say: Say;
}

interface Round extends RoundOptions {
  tree: Tree;
  listing: Listing;
  moves: Moves;
  rest: Rest;
}

const lanes = 8;

/** Brings both sides to where they are alike, path by path. */
export async function runRound(options: RoundOptions): Promise<Rest> {
  const [tree, listing] = await Promise.all([readTree(options.top), list(options.buckets, options)]);
  const rest: Rest = { busy: [], behind: new Set(tree.unread), failures: [] };
  const round: Round = { ...options, tree, listing, rest, moves: createMoves(options, options.top) };
  for (const [path, why] of tree.closed) options.say(path, `It is left out of the mount: ${why}.`);
  const paths = new Set([...options.known.keys(), ...tree.files.keys(), ...listing.objects.keys()]);
  const ahead = [...paths].filter((path) => decide(sidesOf(round, path)) !== 'nothing' && isFit(round, path));
  // Deletions make way for what comes: a folder where a file was, a file where a folder was.
  const [deletions, others] = split(ahead, (path) => decide(sidesOf(round, path)).startsWith('delete'));
  await inLanes(deletions, (path) => settle(round, path));
  followMarkers(round);
  await inLanes(others, (path) => settle(round, path));
  return rest;
}

const sidesOf = ({ known, tree, listing }: Round, path: string): Sides => ({
  known: known.get(path),
  here: tree.files.get(path),
  there: listing.objects.get(path),
});

/** May this path be touched at all? */
function isFit({ tree, prefix, rest, say }: Round, path: string): boolean {
  const closed = closedAt(tree, path);
  const fault = tree.files.has(path) ? fileFault(keyPrefix(prefix) + path) : undefined;
  if (fault) {
    say(path, `A file cannot be an object and stays in the mount alone: ${fault}.`);
    rest.behind.add(path);
  }
  return closed === undefined && fault === undefined;
}

/** Makes one path alike on both sides, or leaves it for the next round. */
async function settle(round: Round, path: string): Promise<void> {
  const sides = sidesOf(round, path);
  const changed = isChangedHere(sides);
  if (changed) round.rest.behind.add(path);
  if (round.holdsOff(path)) return;
  try {
    if (changed && !round.rests(path, sides, round.restMs)) return void round.rest.busy.push(path);
    await (changed ? takeIn(round, path, sides) : carryOut(round, { path, sides, decision: decide(sides) }));
    round.rest.behind.delete(path);
    round.onSettled(path, false);
  } catch (error) {
    judge(round, path, error);
  }
}

/** A file that was touched: is its content another one than the bucket's or the one known? */
async function takeIn(round: Round, path: string, sides: Sides): Promise<void> {
  const { here, there, known } = sides;
  if (!here) return;
  const sizes = [known?.here.size, there?.size];
  const content = await round.moves.snapshot(path, here, sizes.includes(here.size));
  try {
    if (there && there.etag === content.md5) return void round.known.set(path, { here, etag: there.etag });
    if (known && known.etag === content.md5) {
      round.known.set(path, { ...known, here });
      const now = sidesOf(round, path);
      return await carryOut(round, { path, sides: now, decision: decide(now) });
    }
    if (there && decide(sides) === 'compare') {
      const decision = laterOf(here, there);
      const loser = decision === 'upload' ? 'object' : 'file';
      round.say(path, `It was changed on both sides of the mount: the later change stays, the ${loser} is replaced.`);
      if (decision === 'download') return await carryOut(round, { path, sides, decision });
    }
    await round.moves.upload(path, sides, content);
  } finally {
    await content.drop();
  }
}

async function carryOut(round: Round, { path, sides, decision }: { path: string; sides: Sides; decision: Decision }) {
  const { moves, known, tree, listing } = round;
  if (decision === 'forget') known.delete(path);
  if (decision === 'delete there') await moves.deleteThere(path, sides);
  if (decision === 'delete here') {
    moves.deleteHere(path, sides);
    prune(moves, path, (folder) => listing.markers.has(folder));
  }
  if (decision !== 'download') return;
  // In a bucket `a` and `a/b` can be beside each other, in a folder they cannot: what is there stays.
  const above = [...foldersOf(path)].find((folder) => listing.objects.has(folder) && !tree.folders.has(folder));
  if (above) round.say(path, `An object stays in the bucket alone: ${above} is a file.`);
  else await moves.download(path, sides);
}

// A marker makes a folder, as it does in the mounts of OSCAR; a folder makes no marker: one that is empty is not kept.
function followMarkers(round: Round): void {
  const { markers, listing, tree, moves } = round;
  for (const folder of listing.markers) {
    if (markers.has(folder) || tree.folders.has(folder) || closedAt(tree, folder)) continue;
    try {
      moves.makeFolder(folder);
    } catch (error) {
      judge(round, folder, error);
    }
  }
  for (const folder of markers) if (!listing.markers.has(folder) && !closedAt(tree, folder)) moves.removeFolder(folder);
  markers.clear();
  for (const folder of listing.markers) markers.add(folder);
}

const inTheWay = ['ENOTDIR', 'ELOOP', 'EISDIR', 'ENOTEMPTY', 'EEXIST', 'ENAMETOOLONG'];
const oneSided = 'It stays on one side of the mount alone';
const mend = 'let the service make its files and folders readable and writable for everybody (umask 000)';
const forbidden = ['EACCES', 'EPERM', 'EROFS'];

/** What went wrong with one path does not keep the others from their place. */
function judge({ rest, say, onSettled }: Round, path: string, error: unknown): void {
  const { code = '' } = error as { code?: string };
  if (error instanceof Moved || code === 'ENOENT' || code === 'not-found') rest.busy.push(path);
  else if (inTheWay.includes(code)) say(path, `${oneSided}: something else is in its place.`);
  else if (forbidden.includes(code))
    say(path, `${oneSided}, for the container's user has closed it to others: ${mend}.`);
  else {
    say(path, `It could not be brought to the other side of the mount: ${(error as Error).message}`);
    rest.failures.push(error);
    onSettled(path, true);
  }
}

function split<T>(all: T[], isFirst: (one: T) => boolean): [T[], T[]] {
  const first = new Set(all.filter(isFirst));
  return [[...first], all.filter((one) => !first.has(one))];
}

async function inLanes<T>(all: T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const lane = async () => {
    for (const one of left) await work(one);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** What a caller is told of a round that did not bring everything over. */
export function failureOf({ broken, failures }: Rest, folder: string): SandboxError | undefined {
  const first = broken ?? failures[0];
  if (first === undefined || first instanceof SandboxError) return first;
  const message = `The mount ${folder} cannot be kept in step: ${(first as Error).message}`;
  return new SandboxError('unavailable', message, { cause: first });
}
