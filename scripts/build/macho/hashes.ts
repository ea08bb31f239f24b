import { hash } from 'node:crypto';
import type { Blob } from './blobs.ts';
import { type Directory, pageOf } from './directory.ts';

/** The pages whose bytes are not those that were signed: one sentence for each run of them. */
export function pageFindings(bytes: Buffer, directory: Directory): string[] {
  const code = bytes.subarray(0, directory.limit);
  const runs: { first: number; last: number }[] = [];
  for (let page = 0; page < directory.pages; page++) {
    if (same(pageOf(code, page, directory.pageSize), directory.ofPage(page), directory.algorithm)) continue;
    const run = runs.at(-1);
    if (run?.last === page - 1) run.last = page;
    else runs.push({ first: page, last: page });
  }
  return runs.map(({ first, last }) =>
    first === last
      ? `Page ${first} is not what was signed (${directory.algorithm}).`
      : `Pages ${first} to ${last} are not what was signed (${directory.algorithm}).`,
  );
}

/** The parts of the signature itself, such as requirements, that are not those of the code directory. */
export const slotFindings = (blobs: Blob[], directory: Directory): string[] =>
  blobs
    .filter(({ slot, bytes }) => {
      const kept = directory.ofSlot(slot);
      return kept !== undefined && !same(bytes, kept, directory.algorithm);
    })
    .map(({ slot }) => `Slot ${slot} of the signature is not what was signed (${directory.algorithm}).`);

const same = (bytes: Buffer, kept: Buffer, algorithm: string): boolean => hash(algorithm, bytes, 'buffer').equals(kept);
