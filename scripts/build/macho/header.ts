import { command, cpus, linkeditParts, sizeOf } from './numbers.ts';

const smallest: Record<number, number> = {
  [command.symbols]: 24,
  [command.segment]: sizeOf.segment,
  [command.signature]: 16,
  [command.minimumOfOld]: 16,
  [command.buildVersion]: 24,
  [command.main]: 24,
};

/** Why these bytes cannot be read as a thin 64-bit Mach-O; nothing when they can. */
export function unreadable(bytes: Buffer): string | undefined {
  return wrongHeader(bytes) ?? wrongCommands(bytes);
}

function wrongHeader(bytes: Buffer): string | undefined {
  if (bytes.length < sizeOf.header) return 'It is not a Mach-O: it is shorter than the header of one.';
  const magic = bytes.readUInt32BE(0);
  if (magic === 0xcafebabe || magic === 0xcafebabf) return 'It is a fat Mach-O: only one for a single CPU is read.';
  if (magic === 0xcefaedfe) return 'It is a 32-bit Mach-O: only 64-bit ones are read.';
  if (magic !== 0xcffaedfe) return 'It is not a Mach-O.';
  const cpu = bytes.readUInt32LE(4);
  if (!cpus.has(cpu)) return `It is for a CPU that is neither x64 nor arm64 (0x${cpu.toString(16)}).`;
  const end = sizeOf.header + bytes.readUInt32LE(20);
  if (end > bytes.length) return `It is cut: its load commands end at ${end}, the file at ${bytes.length}.`;
  return undefined;
}

function wrongCommands(bytes: Buffer): string | undefined {
  const count = bytes.readUInt32LE(16);
  const end = sizeOf.header + bytes.readUInt32LE(20);
  let at = sizeOf.header;
  for (let index = 0; index < count; index++) {
    const size = at + 8 <= end ? bytes.readUInt32LE(at + 4) : 0;
    if (size < 8 || at + size > end || size < leastSize(bytes, at))
      return `Load command ${index} of ${count} does not fit into the load commands.`;
    at += size;
  }
  return at === end ? undefined : `The load commands end at ${at}, the header says ${end}.`;
}

function leastSize(bytes: Buffer, at: number): number {
  const kind = bytes.readUInt32LE(at);
  const least = smallest[kind] ?? linkeditParts.get(kind)?.size ?? 8;
  if (kind !== command.segment || at + least > bytes.length) return least;
  return least + bytes.readUInt32LE(at + 64) * sizeOf.section;
}
