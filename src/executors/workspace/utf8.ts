import { isUtf8 } from 'node:buffer';

/** Passes text on in whole characters; bytes that are no UTF-8 are dropped. */
export interface Utf8Filter {
  push(chunk: Buffer): Buffer;
}

const EMPTY = Buffer.alloc(0);

/** The bytes of the character that begins here, by its first byte; 0 for a byte that begins none. */
function width(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/** Where an unfinished character at the end begins, or the length if there is none. */
function unfinished(data: Buffer): number {
  for (let at = data.length - 1; at >= Math.max(0, data.length - 3); at--) {
    const byte = data[at] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    return width(byte) > data.length - at ? at : data.length;
  }
  return data.length;
}

function withoutInvalid(data: Buffer): Buffer {
  const kept = Buffer.alloc(data.length);
  let length = 0;
  for (let at = 0; at < data.length; ) {
    const size = width(data[at] ?? 0);
    const valid = size === 1 || (size > 1 && isUtf8(data.subarray(at, at + size)) && at + size <= data.length);
    if (valid) length += data.copy(kept, length, at, at + size);
    at += valid ? size : 1;
  }
  return kept.subarray(0, length);
}

/** OSCAR drops what is no UTF-8; valid chunks, nearly all, are passed on as they are. */
export function createUtf8Filter(): Utf8Filter {
  let carried = EMPTY as Buffer;
  const push = (chunk: Buffer): Buffer => {
    const data = carried.length > 0 ? Buffer.concat([carried, chunk]) : chunk;
    const end = unfinished(data);
    carried = end < data.length ? Buffer.from(data.subarray(end)) : EMPTY;
    const whole = data.subarray(0, end);
    return isUtf8(whole) ? whole : withoutInvalid(whole);
  };
  return { push };
}
