import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { emptyBlob, joined, joinedLength, magic, slot } from './blobs.ts';
import { directory, directoryLength } from './directory.ts';
import { contentStart, type MachO, readMachO, segmentNamed } from './layout.ts';
import { command, end, memoryPage, roundedUp } from './numbers.ts';

const commandSize = 16;

/**
 * Gives a Mach-O an ad-hoc signature, in place, instead of the one it may have. A kernel of macOS on arm64 starts
 * nothing without one; of who made the file it says nothing.
 */
export function sign(file: string, identifier: string): void {
  const temporary = `${file}.${process.pid}.signing`;
  try {
    writeFileSync(temporary, signed(readFileSync(file), identifier), { mode: statSync(file).mode });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`${file} cannot be signed. ${(error as Error).message}`, { cause: error });
  }
}

/** The same Mach-O with an ad-hoc signature: same bytes and identifier, same signature. */
export function signed(bytes: Buffer, identifier: string): Buffer {
  const macho = readMachO(bytes);
  const unsigned = unsignedLength(bytes, macho);
  const limit = roundedUp(unsigned, 16);
  const requirements = emptyBlob(magic.requirements);
  const wrapper = emptyBlob(magic.wrapper);
  const length = joinedLength([directoryLength(limit, identifier), requirements.length, wrapper.length]);
  const size = roundedUp(length, 16);

  const whole = Buffer.alloc(limit + size);
  bytes.copy(whole, 0, 0, unsigned);
  writeCommand(whole, macho, { offset: limit, size });
  growLinkedit(whole, macho);
  const text = segmentNamed(macho, '__TEXT').file;
  const code = whole.subarray(0, limit);
  const hashes = directory({ code, identifier, text, program: macho.kind === 'program', requirements });
  joined([
    { slot: slot.directory, bytes: hashes },
    { slot: slot.requirements, bytes: requirements },
    { slot: slot.wrapper, bytes: wrapper },
  ]).copy(whole, limit);
  return whole;
}

/** Where the file ends without the signature; throws when that is not its last part. */
function unsignedLength(bytes: Buffer, macho: MachO): number {
  const linkedit = segmentNamed(macho, '__LINKEDIT').file;
  const { signature } = macho;
  if (end(linkedit) > bytes.length)
    throw new Error(`It is cut: __LINKEDIT ends at ${end(linkedit)}, the file at ${bytes.length}.`);
  if (end(linkedit) < bytes.length || macho.segments.some(({ file }) => file.size > 0 && file.offset > linkedit.offset))
    throw new Error('Something stands behind __LINKEDIT, where the signature belongs.');
  if (!signature) return bytes.length;
  if (signature.offset < linkedit.offset || end(signature) !== bytes.length)
    throw new Error('The signature that it has is not the end of __LINKEDIT.');
  return signature.offset;
}

function writeCommand(whole: Buffer, macho: MachO, place: { offset: number; size: number }): void {
  const at = macho.signature?.at ?? addCommand(whole, macho);
  whole.writeUInt32LE(place.offset, at + 8);
  whole.writeUInt32LE(place.size, at + 12);
}

/** Takes the command's place from the padding between the load commands and the first section. */
function addCommand(whole: Buffer, macho: MachO): number {
  const at = macho.commandsEnd;
  const room = contentStart(macho) - at;
  if (room < commandSize || whole.subarray(at, at + commandSize).some((byte) => byte !== 0))
    throw new Error(
      `No room is left for a load command: ${commandSize} bytes are needed, ${Math.max(room, 0)} are there.`,
    );
  whole.writeUInt32LE(macho.commands.length + 1, 16);
  whole.writeUInt32LE(whole.readUInt32LE(20) + commandSize, 20);
  whole.writeUInt32LE(command.signature, at);
  whole.writeUInt32LE(commandSize, at + 4);
  return at;
}

function growLinkedit(whole: Buffer, macho: MachO): void {
  const linkedit = segmentNamed(macho, '__LINKEDIT');
  const size = whole.length - linkedit.file.offset;
  whole.writeBigUInt64LE(BigInt(roundedUp(size, memoryPage[macho.cpu])), linkedit.at + 32);
  whole.writeBigUInt64LE(BigInt(size), linkedit.at + 48);
}
