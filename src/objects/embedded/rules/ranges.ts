import type { Span } from '../content/blobs.ts';

/**
 * The part of an object that a `Range` header asks for: nothing when the header means the whole (more than one range
 * does, as in S3), `beyond` when no byte of it exists.
 */
export function spanOf(header: string | undefined, size: number): Span | 'beyond' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'beyond' : { from: size - length, to: size - 1 };
  }
  const from = Number(first);
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < from) return undefined;
  return from >= size ? 'beyond' : { from, to };
}
