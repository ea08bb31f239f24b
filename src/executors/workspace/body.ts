import { isUtf8 } from 'node:buffer';
import { type Json, parseJson } from './json.ts';

/** A body's text as the platform understands it: JSON worth a look, or bytes. */
export type Body = { json: Json; text: string } | { bytes: Buffer };

const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;
const BLANKS = /[ \t\r\n]+/g;

/** The bytes behind strict base64: its alphabet and blanks only, and padded right. */
export function decodeBase64(text: string): Buffer | undefined {
  const packed = text.replace(BLANKS, '');
  return packed.length % 4 === 0 && ALPHABET.test(packed) ? Buffer.from(packed, 'base64') : undefined;
}

/** A JSON object as such; a JSON string by what it contains; else base64 decoded; else the bytes as they are. */
export function readText(text: string): Body {
  const json = parseJson(text);
  if (json instanceof Map) return { json, text };
  if (typeof json === 'string') return readText(json);
  return { bytes: decodeBase64(text) ?? Buffer.from(text) };
}

/** The same for a body as it was sent; what is no text stays as it is. */
export const readBody = (bytes: Buffer): Body => (isUtf8(bytes) ? readText(bytes.toString()) : { bytes });
