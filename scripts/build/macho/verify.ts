import { readFileSync } from 'node:fs';
import { type Blob, parted, slot } from './blobs.ts';
import { type Directory, readDirectory } from './directory.ts';
import { pageFindings, slotFindings } from './hashes.ts';
import { unreadable } from './header.ts';
import { type MachO, readMachO } from './layout.ts';
import { end, type Span, within } from './numbers.ts';
import { structureFindings } from './structure.ts';

/** What is wrong with a signed Mach-O, a sentence each; nothing when a Mac would take it for whole. */
export const verify = (file: string): string[] => findings(readFileSync(file));

/** What is wrong with the bytes of a signed Mach-O. */
export function findings(bytes: Buffer): string[] {
  const problem = unreadable(bytes);
  if (problem) return [problem];
  const macho = readMachO(bytes);
  const { signature } = macho;
  return [
    ...structureFindings(bytes, macho),
    ...(signature ? signatureFindings(bytes, macho, signature) : ['It is not signed.']),
  ];
}

function signatureFindings(bytes: Buffer, macho: MachO, place: Span): string[] {
  const blobs = parted(bytes.subarray(place.offset, end(place)));
  if (typeof blobs === 'string') return [blobs];
  const found = placeFindings(bytes, macho, place);
  const directories = blobs.filter(isDirectory).map((one) => readDirectory(one.bytes));
  for (const one of directories)
    found.push(...(typeof one === 'string' ? [one] : directoryFindings(bytes, macho, one, blobs)));
  const strong = directories.some((one) => typeof one !== 'string' && one.algorithm === 'sha256');
  return strong ? found : [...found, 'The signature has no SHA-256 code directory.'];
}

/** The first is in a slot of its own; others, of other algorithms, follow from 0x1000 on. */
const isDirectory = (blob: Blob): boolean =>
  blob.slot === slot.directory || (blob.slot >= 0x1000 && blob.slot < 0x1006);

function placeFindings(bytes: Buffer, macho: MachO, place: Span): string[] {
  const found: string[] = [];
  const linkedit = macho.segments.find((one) => one.name === '__LINKEDIT')?.file;
  if (end(place) !== bytes.length || !linkedit || place.offset < linkedit.offset)
    found.push('The signature is not the end of __LINKEDIT.');
  if (place.offset % 16 !== 0) found.push(`The signature begins at ${place.offset}, which is no multiple of 16.`);
  return found;
}

function directoryFindings(bytes: Buffer, macho: MachO, one: Directory, blobs: Blob[]): string[] {
  const start = macho.signature?.offset ?? 0;
  if (one.limit !== start) return [`The ${one.algorithm} code directory covers ${one.limit} bytes of ${start}.`];
  const pages = Math.ceil(one.limit / one.pageSize);
  if (one.pages !== pages) return [`The ${one.algorithm} code directory has ${one.pages} pages of ${pages}.`];
  return [...textFindings(macho, one), ...pageFindings(bytes, one), ...slotFindings(blobs, one)];
}

/** A linker may have its code section alone for __TEXT, `codesign` has all of it. */
function textFindings(macho: MachO, { algorithm, text }: Directory): string[] {
  const there = macho.segments.find((one) => one.name === '__TEXT')?.file;
  if (!text || !there) return [];
  const fits = within(text, there) && text.size > 0 && text.program === (macho.kind === 'program');
  return fits ? [] : [`The ${algorithm} code directory is of another __TEXT.`];
}
