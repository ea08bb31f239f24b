import { hash } from 'node:crypto';
import { magic, slot } from './blobs.ts';
import type { Span } from './numbers.ts';

/** What a code directory is made from. */
export interface Signed {
  /** Everything before the signature. */
  code: Buffer;
  identifier: string;
  /** Where __TEXT lies in the file. */
  text: Span;
  program: boolean;
  requirements: Buffer;
}

/** What a code directory says. */
export interface Directory {
  identifier: string;
  algorithm: 'sha1' | 'sha256' | 'sha384';
  adHoc: boolean;
  /** How many bytes of the file it covers. */
  limit: number;
  pageSize: number;
  pages: number;
  /** Where __TEXT lies and whether this is a program; only newer directories say. */
  text?: Span & { program: boolean };
  /** The hash that it holds of a page. */
  ofPage(page: number): Buffer;
  /** The hash that it holds of what stands in a slot of the signature; absent when it has no place for one. */
  ofSlot(slot: number): Buffer | undefined;
}

/** Where its fields stand, as far as version 0x20400. */
const field = {
  version: 8,
  flags: 12,
  hashes: 16,
  identifier: 20,
  slots: 24,
  pages: 28,
  limit: 32,
  hashSize: 36,
  algorithm: 37,
  pageSize: 39,
  longLimit: 56,
  textOffset: 64,
  textSize: 72,
  textFlags: 80,
} as const;
const headerSize = 88;
const version = 0x20400;
const adHoc = 0x2;
const pageBits = 12;
const hashSize = 32;
/** Requirements are the second slot and the last one that is hashed; the first, Info.plist, is not there. */
const slots = slot.requirements;
const algorithms: Record<number, Directory['algorithm']> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };
const sizes: Record<Directory['algorithm'], number> = { sha1: 20, sha256: 32, sha384: 48 };
/** The kernel knows pages of 4 and of 16 KiB. */
const pageSizes = [2 ** 12, 2 ** 14];

const pagesOf = (length: number): number => Math.ceil(length / 2 ** pageBits);
const hashesAt = (identifier: string): number => headerSize + Buffer.byteLength(identifier) + 1 + slots * hashSize;

/** How long the code directory is for so much code. */
export const directoryLength = (codeLength: number, identifier: string): number =>
  hashesAt(identifier) + pagesOf(codeLength) * hashSize;

/** An ad-hoc code directory: SHA-256 of every 4 KiB page and of the requirements. */
export function directory({ code, identifier, text, program, requirements }: Signed): Buffer {
  const bytes = Buffer.alloc(directoryLength(code.length, identifier));
  const put = (at: number, value: number) => bytes.writeUInt32BE(value, at);
  const hashes = hashesAt(identifier);
  put(0, magic.directory);
  put(4, bytes.length);
  put(field.version, version);
  put(field.flags, adHoc);
  put(field.hashes, hashes);
  put(field.identifier, headerSize);
  put(field.slots, slots);
  put(field.pages, pagesOf(code.length));
  put(field.limit, code.length);
  bytes.set([hashSize, 2, 0, pageBits], field.hashSize);
  bytes.writeBigUInt64BE(BigInt(text.offset), field.textOffset);
  bytes.writeBigUInt64BE(BigInt(text.size), field.textSize);
  bytes.writeBigUInt64BE(program ? 1n : 0n, field.textFlags);
  bytes.write(identifier, headerSize);
  hash('sha256', requirements, 'buffer').copy(bytes, hashes - slots * hashSize);
  for (let page = 0; page < pagesOf(code.length); page++)
    hash('sha256', pageOf(code, page, 2 ** pageBits), 'buffer').copy(bytes, hashes + page * hashSize);
  return bytes;
}

/** The bytes of a page; the last one may be short. */
export const pageOf = (code: Buffer, page: number, size: number): Buffer =>
  code.subarray(page * size, (page + 1) * size);

/** Reads a code directory, or says in a sentence why that cannot be. */
export function readDirectory(bytes: Buffer): Directory | string {
  if (bytes.length < 44) return 'A code directory is too short to be one.';
  const get = (at: number) => bytes.readUInt32BE(at);
  const algorithm = algorithms[bytes[field.algorithm] ?? 0];
  if (!algorithm) return `A code directory has hashes of a kind that is not known (${bytes[field.algorithm]}).`;
  const [hashes, pages, held, size] = [get(field.hashes), get(field.pages), get(field.slots), sizes[algorithm]];
  const pageSize = 2 ** (bytes[field.pageSize] ?? 0);
  if (bytes[field.hashSize] !== size || !pageSizes.includes(pageSize))
    return `The ${algorithm} code directory has hashes of ${bytes[field.hashSize]} bytes for pages of ${pageSize}.`;
  const name = bytes.indexOf(0, get(field.identifier));
  if (hashes + pages * size > bytes.length || held * size > hashes || name < 0)
    return `The ${algorithm} code directory is shorter than what it says it holds.`;
  const hashAt = (index: number) => bytes.subarray(hashes + index * size, hashes + (index + 1) * size);
  return {
    identifier: bytes.toString('utf8', get(field.identifier), name),
    algorithm,
    adHoc: (get(field.flags) & adHoc) !== 0,
    ...newer(bytes),
    pageSize,
    pages,
    ofPage: hashAt,
    ofSlot: (one) => (one > 0 && one <= held ? hashAt(-one) : undefined),
  };
}

function newer(bytes: Buffer): Pick<Directory, 'limit' | 'text'> {
  const long = (at: number) => (at + 8 <= bytes.length ? Number(bytes.readBigUInt64BE(at)) : 0);
  const since = (least: number) => bytes.readUInt32BE(field.version) >= least;
  const limit = (since(0x20300) && long(field.longLimit)) || bytes.readUInt32BE(field.limit);
  if (!since(version)) return { limit };
  const text = { offset: long(field.textOffset), size: long(field.textSize), program: long(field.textFlags) % 2 === 1 };
  return { limit, text };
}
