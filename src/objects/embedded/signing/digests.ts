import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** In hexadecimal digits, as version 4 writes its signatures. */
export const hmacHex = (key: Buffer, text: string): string => hmac(key, text).toString('hex');

/** The signature of version 2 over a text in characters that each stand for a byte. */
export const hmacOfOld = (secret: string, text: string): string =>
  createHmac('sha1', secret).update(text, 'latin1').digest('base64');

export const sha256Hex = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** Compares in a time that tells nothing about where two signatures differ. */
export function sameSignature(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
