import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { failure } from '../failure.ts';
import { type Checksum, createHasher } from './checksums.ts';
import type { Declared } from './declared.ts';

/** What content turned out to be. */
export interface Metered {
  size: number;
  /** Hex. */
  md5: string;
  /** Base64, by kind. */
  checksums: Record<string, string>;
}

/** Content flows through and is measured on its way. */
export interface Meter extends Transform {
  /** Once the content has ended: what it was. Throws when that is not what was declared. */
  result(trailers: Record<string, string>): Metered;
}

/** A meter for content of which this was said. */
export function createMeter(declared: Declared): Meter {
  const hashers = kindsOf(declared).map((kind) => [kind, createHasher(kind)] as const);
  const md5 = createHash('md5');
  const sha256 = declared.sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      // What is longer than it says is not read to its end.
      if (size > (declared.size ?? size)) return done(failure('IncompleteBody'));
      md5.update(chunk);
      sha256?.update(chunk);
      for (const [, hasher] of hashers) hasher.update(chunk);
      done(null, chunk);
    },
  });
  const result = (trailers: Record<string, string>): Metered => {
    const digest = md5.digest();
    const checksums = Object.fromEntries(hashers.map(([kind, hasher]) => [kind, hasher.digest().toString('base64')]));
    if (declared.size !== undefined && declared.size !== size) throw failure('IncompleteBody');
    if (sha256 && sha256.digest('hex') !== declared.sha256) throw failure('XAmzContentSHA256Mismatch');
    if (declared.md5 !== undefined && declared.md5 !== digest.toString('base64')) throw failure('BadDigest');
    compare(checksums, declared, trailers);
    return { size, md5: digest.toString('hex'), checksums };
  };
  return Object.assign(meter, { result });
}

function kindsOf({ checksums, trailer, wanted }: Declared): Checksum[] {
  // AWS computes a CRC64NVME when nobody asks for a checksum, MinIO none; it is the dearest of the five.
  const named = [...(Object.keys(checksums) as Checksum[]), trailer, wanted];
  return [...new Set(named.filter((kind) => kind !== undefined))];
}

function compare(computed: Record<string, string>, declared: Declared, trailers: Record<string, string>): void {
  const { trailer } = declared;
  const behind = trailer && trailers[`x-amz-checksum-${trailer}`];
  if (trailer && behind === undefined) {
    throw failure('InvalidRequest', `The trailer x-amz-checksum-${trailer} was announced and did not come.`);
  }
  const expected = { ...declared.checksums, ...(trailer ? { [trailer]: behind } : {}) };
  for (const [kind, value] of Object.entries(expected)) {
    if (computed[kind] === value) continue;
    throw failure('BadDigest', `The ${kind.toUpperCase()} you specified did not match the calculated checksum.`);
  }
}
