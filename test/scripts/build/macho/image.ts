import { memoryPage } from '../../../../scripts/build/macho/numbers.ts';

/** Where the load commands of the program that is made here stand. */
export const at = { pagezero: 32, text: 104, linkedit: 256, symbols: 328, minimum: 352, main: 376, end: 400 } as const;
const codePages = 3;

interface Wanted {
  cpu?: 'x64' | 'arm64';
  /** How many bytes are free between the load commands and the first section. */
  room?: number;
}

/** A small unsigned program for macOS: an empty page of memory, three pages of code, and a table of symbols' names. */
export function program({ cpu = 'arm64', room = 64 }: Wanted = {}): Buffer {
  const page = memoryPage[cpu];
  const names = 'a name\0another\0';
  const linkedit = { offset: codePages * page, size: names.length };
  const bytes = Buffer.alloc(linkedit.offset + linkedit.size);
  for (let index = at.end + room; index < linkedit.offset; index++) bytes[index] = index % 251;
  header(bytes, cpu);
  segment(bytes, at.pagezero, { name: '__PAGEZERO', memory: [0, 2 ** 32], file: [0, 0] });
  segment(bytes, at.text, { name: '__TEXT', memory: [2 ** 32, linkedit.offset], file: [0, linkedit.offset] });
  bytes.writeUInt32LE(152, at.text + 4);
  bytes.writeUInt32LE(1, at.text + 64);
  bytes.write('__text', at.text + 72);
  bytes.writeUInt32LE(at.end + room, at.text + 72 + 48);
  const { offset, size } = linkedit;
  segment(bytes, at.linkedit, { name: '__LINKEDIT', memory: [2 ** 32 + offset, page], file: [offset, size] });
  words(bytes, at.symbols, [0x2, 24, offset, 0, offset, size]);
  words(bytes, at.minimum, [0x32, 24, 1, 0x000d0500, 0x000e0000, 0]);
  words(bytes, at.main, [0x80000028, 24, page, 0, 0, 0]);
  bytes.write(names, offset);
  return bytes;
}

/** The same bytes with these changed in between. */
export function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/** The same bytes with one bit of one of them turned. */
export const flipped = (bytes: Buffer, index: number): Buffer =>
  changed(bytes, (copy) => copy.writeUInt8(copy.readUInt8(index) ^ 1, index));

const words = (bytes: Buffer, from: number, values: number[]) =>
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, from + index * 4);
  });

const header = (bytes: Buffer, cpu: 'x64' | 'arm64') =>
  words(bytes, 0, [0xfeedfacf, cpu === 'arm64' ? 0x0100000c : 0x01000007, 0, 2, 6, at.end - 32, 0x200085, 0]);

interface Place {
  name: string;
  memory: [address: number, size: number];
  file: [offset: number, size: number];
}

function segment(bytes: Buffer, from: number, { name, memory, file }: Place): void {
  words(bytes, from, [0x19, 72]);
  bytes.write(name, from + 8);
  [...memory, ...file].forEach((value, index) => {
    bytes.writeBigUInt64LE(BigInt(value), from + 24 + index * 8);
  });
}
