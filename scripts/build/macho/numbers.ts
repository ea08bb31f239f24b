/** The numbers of <mach-o/loader.h> that matter here. */
export const command = {
  symbols: 0x2,
  segment: 0x19,
  signature: 0x1d,
  minimumOfOld: 0x24,
  buildVersion: 0x32,
  main: 0x80000028,
} as const;

export interface Span {
  offset: number;
  size: number;
}

export const end = (span: Span): number => span.offset + span.size;
export const range = (span: Span): string => `${span.offset} to ${end(span)}`;
export const within = (inner: Span, outer: Span): boolean => inner.offset >= outer.offset && end(inner) <= end(outer);

/** The sizes of the header, of a segment's load command, and of what it says of each section. */
export const sizeOf = { header: 32, segment: 72, section: 80 } as const;

/** The CPUs that programs are made for, by their number. */
export const cpus: ReadonlyMap<number, 'x64' | 'arm64'> = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
]);

/** The size of a page of memory: what segments are aligned to. */
export const memoryPage = { x64: 4096, arm64: 16384 } as const;

/** The next multiple of `step`. */
export const roundedUp = (value: number, step: number): number => Math.ceil(value / step) * step;

interface Part {
  name: string;
  /** The least size of the load command. */
  size: number;
  /** Where in it an offset and a size stand, one after the other. */
  at: number[];
}

const binding: Part = { name: 'The bindings', size: 48, at: [8, 16, 24, 32, 40] };

/** The load commands that name a part of __LINKEDIT by its offset and size. */
export const linkeditParts: ReadonlyMap<number, Part> = new Map([
  [0x22, binding],
  [0x80000022, binding],
  [0x26, { name: 'The function starts', size: 16, at: [8] }],
  [0x29, { name: 'The marks of data in code', size: 16, at: [8] }],
  [0x80000033, { name: 'The exports', size: 16, at: [8] }],
  [0x80000034, { name: 'The chained fixups', size: 16, at: [8] }],
]);
