interface Section {
  /** Where its header stands in the file. */
  at: number;
  loaded: boolean;
  hasBytes: boolean;
  offset: number;
  size: number;
  link: number;
}

const headerSize = 64;
const sectionSize = 64;
/** Fields of the file's header: where the headers of sections are, how many, and which of them holds their names. */
const field = { sections: 40, count: 60, names: 62 } as const;
const noBytes = 8;
const isLoaded = 2n;

/**
 * An ELF executable without what is never loaded: symbols and notes for debuggers. As `strip` does it, but in the same
 * way on every machine and for every CPU, so that the same bytes come out.
 */
export function withoutSymbols(bytes: Buffer): Buffer {
  const sections = readSections(bytes);
  // The first section is none, and stands for "no section".
  const kept = sections.filter((one, index) => index === 0 || one.loaded);
  const names = sections[bytes.readUInt16LE(field.names)];
  if (!names || names.loaded) throw new Error('The names of its sections are not where they can be moved.');
  demandInFront(sections, kept);
  const end = Math.max(...kept.filter((one) => one.hasBytes).map((one) => one.offset + one.size));
  const headers = Math.ceil((end + names.size) / 8) * 8;
  const whole = Buffer.alloc(headers + (kept.length + 1) * sectionSize);
  bytes.copy(whole, 0, 0, end);
  bytes.copy(whole, end, names.offset, names.offset + names.size);
  for (const [index, { at }] of [...kept, names].entries())
    bytes.copy(whole, headers + index * sectionSize, at, at + sectionSize);
  whole.writeBigUInt64LE(BigInt(end), headers + kept.length * sectionSize + 24);
  whole.writeBigUInt64LE(BigInt(headers), field.sections);
  whole.writeUInt16LE(kept.length + 1, field.count);
  whole.writeUInt16LE(kept.length, field.names);
  return whole;
}

/** What stays has to be in front, in the list and in the file: then nothing of it moves and no number changes. */
function demandInFront(sections: Section[], kept: Section[]): void {
  const end = Math.max(...kept.map((one) => (one.hasBytes ? one.offset + one.size : 0)));
  const gone = sections.slice(kept.length);
  const inFront = kept.every((one, index) => one === sections[index] && one.link < kept.length);
  if (!inFront || gone.some((one) => one.size > 0 && one.offset < end))
    throw new Error('Its symbols stand between its other parts, and cannot be taken out.');
}

function readSections(bytes: Buffer): Section[] {
  if (bytes.length < headerSize || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    throw new Error('It is not a 64-bit little-endian ELF file.');
  const start = Number(bytes.readBigUInt64LE(field.sections));
  const count = bytes.readUInt16LE(field.count);
  if (count === 0 || start + count * sectionSize > bytes.length)
    throw new Error('The headers of its sections are not in it.');
  return Array.from({ length: count }, (_, index) => section(bytes, start + index * sectionSize));
}

const section = (bytes: Buffer, at: number): Section => ({
  at,
  loaded: (bytes.readBigUInt64LE(at + 8) & isLoaded) !== 0n,
  hasBytes: bytes.readUInt32LE(at + 4) !== noBytes,
  offset: Number(bytes.readBigUInt64LE(at + 24)),
  size: Number(bytes.readBigUInt64LE(at + 32)),
  link: bytes.readUInt32LE(at + 40),
});
