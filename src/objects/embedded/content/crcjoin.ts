import { polynomials } from './crc.ts';

/** The CRCs of S3, by name. */
const crcs: Record<string, { bits: bigint; polynomial: bigint }> = {
  crc32: { bits: 32n, polynomial: BigInt(polynomials.crc32) },
  crc32c: { bits: 32n, polynomial: BigInt(polynomials.crc32c) },
  crc64nvme: { bits: 64n, polynomial: polynomials.crc64nvme },
};

interface Field {
  multiply: (one: bigint, other: bigint) => bigint;
  /** x to the power of the number of bits in so many bytes. */
  shift: (bytes: number) => bigint;
}

/** Polynomials over one bit, modulo that of the CRC; the lowest power is the highest bit. */
function createField({ bits, polynomial }: { bits: bigint; polynomial: bigint }): Field {
  const one = 1n << (bits - 1n);
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    let factor = b;
    for (let bit = one; bit > 0n; bit >>= 1n) {
      if (a & bit) product ^= factor;
      factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
    }
    return product;
  };
  const known = new Map<number, bigint>();
  const shift = (bytes: number): bigint => {
    const before = known.get(bytes);
    if (before !== undefined) return before;
    let result = one;
    let power = one >> 1n;
    for (let left = BigInt(bytes) * 8n; left > 0n; left >>= 1n) {
      if (left & 1n) result = multiply(result, power);
      power = multiply(power, power);
    }
    known.set(bytes, result);
    return result;
  };
  return { multiply, shift };
}

/** The CRC of pieces one after the other, from the CRC of each: nothing has to be read again. */
export function joinCrc(algorithm: string, pieces: { size: number; crc: Buffer }[]): Buffer {
  const kind = crcs[algorithm];
  if (!kind) throw new Error(`The checksum ${algorithm} cannot be joined.`);
  const { multiply, shift } = createField(kind);
  // Most parts are of one size, so that there is little to compute but a multiplication each.
  const joined = pieces.reduce(
    (sum, { size, crc }) => multiply(sum, shift(size)) ^ BigInt(`0x${crc.toString('hex')}`),
    0n,
  );
  return Buffer.from(joined.toString(16).padStart(Number(kind.bits) / 4, '0'), 'hex');
}
