import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme, crcBytes, type Hasher } from './crc.ts';

/** The five checksums of S3. */
export const kinds = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
export type Checksum = (typeof kinds)[number];

/** How long each is. */
export const digestBytes: Record<Checksum, number> = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 };

/** Is this the name of one of them? */
export const isChecksum = (name: string): name is Checksum => (kinds as readonly string[]).includes(name);

const native = (name: string): Hasher => {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
};

function createCrc32(): Hasher {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: () => crcBytes(value),
  };
}

const makers: Record<Checksum, () => Hasher> = {
  crc32: createCrc32,
  crc32c,
  crc64nvme,
  sha1: () => native('sha1'),
  sha256: () => native('sha256'),
};

/** A new hasher of this kind. */
export const createHasher = (kind: Checksum): Hasher => makers[kind]();

/** The checksum of an object that was sent in parts: over the parts' own checksums (base64), and how many they were. */
export function composite(kind: Checksum, parts: string[]): string {
  const hasher = createHasher(kind);
  for (const part of parts) hasher.update(Buffer.from(part, 'base64'));
  return `${hasher.digest().toString('base64')}-${parts.length}`;
}
