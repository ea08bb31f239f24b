import type { ObjectInfo } from '../../objects/buckets.ts';
import { type FileMark, isSame } from './tree.ts';

/** File and object when they were last alike. */
export interface Known {
  here: FileMark;
  etag: string;
}

/** What is known of one path, and what is there now: `here` in the folder, `there` in the bucket. */
export interface Sides {
  known?: Known | undefined;
  here?: FileMark | undefined;
  there?: ObjectInfo | undefined;
}

export type Decision = 'nothing' | 'forget' | 'upload' | 'download' | 'delete here' | 'delete there' | 'compare';

/** Was the file touched since both sides were alike? One that was not there then counts, too. */
export const isChangedHere = ({ known, here }: Sides): boolean =>
  here !== undefined && !(known && isSame(known.here, here));

/**
 * What makes both sides of a path alike. A change beats a deletion, for it cannot be had back; two changes are to be
 * compared. What was never known to be on both sides was not deleted: it is new.
 */
export function decide(sides: Sides): Decision {
  const { known, here, there } = sides;
  const changedHere = isChangedHere(sides);
  const changedThere = there !== undefined && there.etag !== known?.etag;
  if (here && there) {
    if (changedHere && changedThere) return 'compare';
    if (changedHere) return 'upload';
    return changedThere ? 'download' : 'nothing';
  }
  if (here) return changedHere ? 'upload' : 'delete here';
  if (there) return changedThere ? 'download' : 'delete there';
  return known ? 'forget' : 'nothing';
}

/** The clock that a kernel stamps files with is behind by up to this. */
const behindMs = 10;

/** Which of two changes is the later one? */
export const laterOf = (here: FileMark, there: ObjectInfo): 'upload' | 'download' =>
  here.changed + behindMs >= there.modifiedAt ? 'upload' : 'download';
