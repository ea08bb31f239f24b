import { unreadable } from './header.ts';
import { command, cpus, type Span, sizeOf } from './numbers.ts';

export interface LoadCommand {
  kind: number;
  /** Where it stands in the file. */
  at: number;
  size: number;
}

export interface Segment {
  name: string;
  /** Where its load command stands in the file. */
  at: number;
  memory: Span;
  file: Span;
  /** Where its first section begins in the file; absent when none of them has bytes there. */
  firstSection?: number;
}

/** What a thin 64-bit Mach-O says of itself. */
export interface MachO {
  cpu: 'x64' | 'arm64';
  kind: 'program' | 'other';
  commands: LoadCommand[];
  /** Where the load commands end. */
  commandsEnd: number;
  segments: Segment[];
  signature?: Span & { at: number };
  /** Where the program begins, from the start of the file. */
  entry?: number;
  /** The oldest macOS that it runs on: `13.5`. */
  minimum?: string;
}

/** Reads the header and the load commands; throws, with a sentence, where `unreadable` has one. */
export function readMachO(bytes: Buffer): MachO {
  const problem = unreadable(bytes);
  if (problem) throw new Error(problem);
  const commands = loadCommands(bytes);
  const find = (kind: number) => commands.find((one) => one.kind === kind);
  const signature = find(command.signature);
  const main = find(command.main);
  const minimum = minimumOf(bytes, find(command.buildVersion), find(command.minimumOfOld));
  return {
    cpu: cpus.get(bytes.readUInt32LE(4)) ?? 'x64',
    kind: bytes.readUInt32LE(12) === 2 ? 'program' : 'other',
    commands,
    commandsEnd: sizeOf.header + bytes.readUInt32LE(20),
    segments: commands.filter((one) => one.kind === command.segment).map((one) => segment(bytes, one.at)),
    ...(signature && { signature: { at: signature.at, ...shortSpan(bytes, signature.at + 8) } }),
    ...(main && { entry: Number(bytes.readBigUInt64LE(main.at + 8)) }),
    ...(minimum && { minimum }),
  };
}

/** Offset and size as two 32-bit numbers, as load commands have them. */
export const shortSpan = (bytes: Buffer, at: number): Span => ({
  offset: bytes.readUInt32LE(at),
  size: bytes.readUInt32LE(at + 4),
});

const longSpan = (bytes: Buffer, at: number): Span => ({
  offset: Number(bytes.readBigUInt64LE(at)),
  size: Number(bytes.readBigUInt64LE(at + 8)),
});

function loadCommands(bytes: Buffer): LoadCommand[] {
  const commands: LoadCommand[] = [];
  let at = sizeOf.header;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const size = bytes.readUInt32LE(at + 4);
    commands.push({ kind: bytes.readUInt32LE(at), at, size });
    at += size;
  }
  return commands;
}

function segment(bytes: Buffer, at: number): Segment {
  const sections = Array.from({ length: bytes.readUInt32LE(at + 64) }, (_, index) =>
    bytes.readUInt32LE(at + sizeOf.segment + index * sizeOf.section + 48),
  ).filter((offset) => offset > 0);
  return {
    name: bytes.toString('latin1', at + 8, at + 24).replace(/\0.*$/, ''),
    at,
    memory: longSpan(bytes, at + 24),
    file: longSpan(bytes, at + 40),
    ...(sections.length > 0 && { firstSection: Math.min(...sections) }),
  };
}

function minimumOf(bytes: Buffer, build?: LoadCommand, old?: LoadCommand): string | undefined {
  const at = build ? build.at + 12 : old && old.at + 8;
  if (at === undefined) return undefined;
  const [major, minor, patch] = [bytes.readUInt16LE(at + 2), bytes[at + 1] ?? 0, bytes[at] ?? 0];
  return patch > 0 ? `${major}.${minor}.${patch}` : `${major}.${minor}`;
}

/** The segment of that name; throws when there is none. */
export function segmentNamed(macho: MachO, name: string): Segment {
  const found = macho.segments.find((one) => one.name === name);
  if (!found) throw new Error(`It has no segment ${name}.`);
  return found;
}

/** Where the first bytes behind the load commands begin that something else needs. */
export const contentStart = ({ segments }: MachO): number =>
  Math.min(...segments.map((one) => one.firstSection ?? (one.file.offset || Number.POSITIVE_INFINITY)));
