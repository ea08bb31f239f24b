/** The numbers of <kern/cs_blobs.h>; everything in a signature is big-endian. */
export const magic = {
  signature: 0xfade0cc0,
  directory: 0xfade0c02,
  requirements: 0xfade0c01,
  wrapper: 0xfade0b01,
} as const;

/** What a blob is, by its place in the index of the signature. */
export const slot = { directory: 0, requirements: 2, wrapper: 0x10000 } as const;

export interface Blob {
  slot: number;
  bytes: Buffer;
}

const entrySize = 8;
const indexSize = (count: number): number => 12 + count * entrySize;

/** A blob of that kind with nothing in it. */
export function emptyBlob(kind: number): Buffer {
  const bytes = Buffer.alloc(kind === magic.requirements ? 12 : 8);
  bytes.writeUInt32BE(kind, 0);
  bytes.writeUInt32BE(bytes.length, 4);
  return bytes;
}

/** How long the signature is that holds blobs of these lengths. */
export const joinedLength = (lengths: number[]): number =>
  lengths.reduce((sum, length) => sum + length, indexSize(lengths.length));

/** The blobs as one signature, in their order. */
export function joined(blobs: Blob[]): Buffer {
  const index = Buffer.alloc(indexSize(blobs.length));
  index.writeUInt32BE(magic.signature, 0);
  index.writeUInt32BE(joinedLength(blobs.map((one) => one.bytes.length)), 4);
  index.writeUInt32BE(blobs.length, 8);
  let at = index.length;
  blobs.forEach((one, position) => {
    index.writeUInt32BE(one.slot, 12 + position * entrySize);
    index.writeUInt32BE(at, 16 + position * entrySize);
    at += one.bytes.length;
  });
  return Buffer.concat([index, ...blobs.map((one) => one.bytes)]);
}

/** The blobs of a signature, or the sentence that says why they cannot be told apart. */
export function parted(signature: Buffer): Blob[] | string {
  if (signature.length < indexSize(0) || signature.readUInt32BE(0) !== magic.signature)
    return 'The signature does not begin as one.';
  const length = signature.readUInt32BE(4);
  const count = signature.readUInt32BE(8);
  if (length > signature.length || indexSize(count) > length) return 'The signature is longer than its place.';
  const blobs: Blob[] = [];
  for (let at = indexSize(0); at < indexSize(count); at += entrySize) {
    const bytes = blobAt(signature.subarray(0, length), signature.readUInt32BE(at + 4));
    if (!bytes) return `Slot ${signature.readUInt32BE(at)} of the signature lies outside it.`;
    blobs.push({ slot: signature.readUInt32BE(at), bytes });
  }
  return blobs;
}

function blobAt(signature: Buffer, at: number): Buffer | undefined {
  if (at + 8 > signature.length) return undefined;
  const length = signature.readUInt32BE(at + 4);
  return length >= 8 && at + length <= signature.length ? signature.subarray(at, at + length) : undefined;
}
