import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composite, createHasher, kinds } from '../../../../src/objects/embedded/content/checksums.ts';

const digest = (kind: (typeof kinds)[number], ...parts: Buffer[]) => {
  const hasher = createHasher(kind);
  for (const part of parts) hasher.update(part);
  return hasher.digest();
};

describe('checksums', () => {
  it.each([
    ['crc32', 'cbf43926'],
    ['crc32c', 'e3069283'],
    ['crc64nvme', 'ae8b14860a799888'],
    ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ] as const)('%s of 123456789 is %s', (kind, value) => {
    expect(digest(kind, Buffer.from('123456789')).toString('hex')).toBe(value);
  });

  it.each(kinds)('%s is the same however the bytes are cut', (kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
        const all = Buffer.from(bytes);
        expect(digest(kind, all.subarray(0, at), all.subarray(at))).toEqual(digest(kind, all));
      }),
    );
  });

  it('a composite one is taken over those of the parts', () => {
    const parts = ['a', 'b'].map((text) => digest('sha256', Buffer.from(text)));
    const expected = createHash('sha256').update(Buffer.concat(parts)).digest('base64');
    expect(
      composite(
        'sha256',
        parts.map((part) => part.toString('base64')),
      ),
    ).toBe(`${expected}-2`);
  });
});
