import { readFileSync } from 'node:fs';

/** What an ELF file asks of the machine that runs it. */
export interface Needs {
  cpu: 'x64' | 'arm64';
  /** The program that loads it; absent in a library. */
  interpreter?: string;
  libraries: string[];
  /** Every version of a symbol that it needs from a library: `GLIBC_2.34`, `GLIBC_ABI_DT_RELR`. */
  versions: string[];
}

interface Part {
  kind: number;
  offset: number;
  address: number;
  size: number;
}

interface Image {
  bytes: Buffer;
  parts: Part[];
  /** The value of an entry of the dynamic section, as often as it is there. */
  dynamic(tag: number): number[];
}

const cpus: Record<number, Needs['cpu']> = { 62: 'x64', 183: 'arm64' };
const partKind = { load: 1, dynamic: 2, interpreter: 3 } as const;
const tag = { needed: 1, strings: 5, versions: 0x6ffffffe } as const;

/** Reads what the loader reads: the program headers and the dynamic section. Throws a sentence for any other file. */
export function readNeeds(bytes: Buffer): Needs {
  try {
    const image = readImage(bytes);
    const strings = stringsOf(image);
    const interpreter = image.parts.find((one) => one.kind === partKind.interpreter);
    return {
      cpu: cpuOf(bytes),
      ...(interpreter && { interpreter: textAt(bytes, interpreter.offset) }),
      libraries: image.dynamic(tag.needed).map(strings),
      versions: versionsOf(image, strings),
    };
  } catch (error) {
    if (error instanceof RangeError) throw new Error('It is cut: a part of it lies behind its end.', { cause: error });
    throw error;
  }
}

/** The needs of a file; throws a sentence that names it. */
export function needsOf(file: string): Needs {
  try {
    return readNeeds(readFileSync(file));
  } catch (error) {
    throw new Error(`${file} cannot be read as an ELF file. ${(error as Error).message}`, { cause: error });
  }
}

function cpuOf(bytes: Buffer): Needs['cpu'] {
  const machine = bytes.readUInt16LE(18);
  const cpu = cpus[machine];
  if (!cpu) throw new Error(`It is for a CPU that is neither x64 nor arm64 (0x${machine.toString(16)}).`);
  return cpu;
}

function readImage(bytes: Buffer): Image {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error('It is not an ELF file.');
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new Error('Only 64-bit little-endian ELF files are read.');
  const parts = partsOf(bytes);
  const section = parts.find((one) => one.kind === partKind.dynamic);
  if (!section) throw new Error('It is not linked dynamically.');
  const entries: [number, number][] = [];
  for (let at = section.offset; at < section.offset + section.size; at += 16)
    entries.push([number(bytes, at), number(bytes, at + 8)]);
  return { bytes, parts, dynamic: (wanted) => entries.filter(([key]) => key === wanted).map(([, value]) => value) };
}

function partsOf(bytes: Buffer): Part[] {
  const [start, size, count] = [number(bytes, 32), bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return {
      kind: bytes.readUInt32LE(at),
      offset: number(bytes, at + 8),
      address: number(bytes, at + 16),
      size: number(bytes, at + 32),
    };
  });
}

const number = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  if (at > bytes.length || end < 0) throw new RangeError(`No text ends behind ${at}.`);
  return bytes.toString('latin1', at, end);
}

/** Where in the file an address lies once it is loaded. */
function placeOf({ parts }: Image, address: number): number {
  const holds = (one: Part) => one.kind === partKind.load && one.address <= address && address < one.address + one.size;
  const part = parts.find(holds);
  if (!part) throw new Error(`Nothing is loaded at 0x${address.toString(16)}, which it names.`);
  return address - part.address + part.offset;
}

function stringsOf(image: Image): (offset: number) => string {
  const [table] = image.dynamic(tag.strings);
  if (table === undefined) throw new Error('It has no table of strings.');
  const start = placeOf(image, table);
  return (offset) => textAt(image.bytes, start + offset);
}

/** A list of libraries and, for each of them, one of the versions that it must have. */
function versionsOf(image: Image, strings: (offset: number) => string): string[] {
  const { bytes } = image;
  const [table] = image.dynamic(tag.versions);
  if (table === undefined) return [];
  return chain(bytes, placeOf(image, table)).flatMap((library) =>
    chain(bytes, library + bytes.readUInt32LE(library + 8)).map((at) => strings(bytes.readUInt32LE(at + 8))),
  );
}

/** The places of entries that each say how far on the next one is; the last says 0. */
function chain(bytes: Buffer, first: number): number[] {
  const found: number[] = [];
  for (let at = first, step = -1; step !== 0; at += step) {
    found.push(at);
    step = bytes.readUInt32LE(at + 12);
  }
  return found;
}
