import { createHash, type Hash } from 'node:crypto';
import { failure } from '../failure.ts';
import type { Seed } from '../signing/access.ts';
import { hmacHex, sameSignature, sha256Hex } from '../signing/digests.ts';

/** The chain of signatures through a body: each goes on from the one before it. */
export interface Seal {
  /** A chunk begins, with the signature that its header announces. */
  open(signature: string | undefined): void;
  update(data: Buffer): void;
  /** The chunk has ended: was it what was signed? */
  close(): void;
  /** All trailers, `name:value` each, and their signature. */
  checkTrailers(lines: string[], signature: string): void;
}

const nothing = sha256Hex('');

/** The seal of a body whose request was signed with this. */
export function createSeal({ key, time, scope, signature }: Seed): Seal {
  let previous = signature;
  let announced = '';
  let hash: Hash = createHash('sha256');
  const check = (text: string[], sent: string, what: string) => {
    const expected = hmacHex(key, text.join('\n'));
    if (!sameSignature(expected, sent))
      throw failure('SignatureDoesNotMatch', `The signature of ${what} does not match.`);
    previous = expected;
  };
  return {
    open: (signature) => {
      if (!signature) throw failure('SignatureDoesNotMatch', 'A chunk of the body is not signed.');
      announced = signature;
      hash = createHash('sha256');
    },
    update: (data) => void hash.update(data),
    close: () => {
      const text = ['AWS4-HMAC-SHA256-PAYLOAD', time, scope, previous, nothing, hash.digest('hex')];
      check(text, announced, 'a chunk of the body');
    },
    checkTrailers: (lines, sent) => {
      const all = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
      check(['AWS4-HMAC-SHA256-TRAILER', time, scope, previous, sha256Hex(all)], sent, 'the trailers of the body');
    },
  };
}
