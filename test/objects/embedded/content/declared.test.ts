import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { createHasher, kinds } from '../../../../src/objects/embedded/content/checksums.ts';
import { declaredBy } from '../../../../src/objects/embedded/content/declared.ts';
import { createMeter } from '../../../../src/objects/embedded/content/meter.ts';

describe('what is declared about content is checked', () => {
  const content = Buffer.from('hello');
  const sumOf = (kind: (typeof kinds)[number]) => {
    const hasher = createHasher(kind);
    hasher.update(content);
    return hasher.digest().toString('base64');
  };
  const measure = async (headers: Record<string, string>, payload = 'UNSIGNED-PAYLOAD', trailers = {}) => {
    const meter = createMeter(declaredBy(headers, payload));
    await Promise.all([buffer(meter), pipeline(Readable.from([content]), meter)]);
    return meter.result(trailers);
  };

  it('and no checksum is computed that nobody asked for', async () => {
    expect(await measure({})).toEqual({ size: 5, md5: '5d41402abc4b2a76b9719d911017c592', checksums: {} });
    const asked = await measure({ 'x-amz-sdk-checksum-algorithm': 'CRC64NVME' });
    expect(asked.checksums).toEqual({ crc64nvme: sumOf('crc64nvme') });
  });

  it('a right one of each kind is accepted', async () => {
    for (const kind of kinds) {
      const value = sumOf(kind);
      expect((await measure({ [`x-amz-checksum-${kind}`]: value })).checksums).toEqual({ [kind]: value });
    }
  });

  const rows: [string, Record<string, string>, string, string][] = [
    ['a wrong crc32', { 'x-amz-checksum-crc32': 'AAAAAA==' }, '', 'BadDigest'],
    ['a wrong MD5', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, '', 'BadDigest'],
    ['an MD5 that is none', { 'content-md5': 'AAAA' }, '', 'InvalidDigest'],
    ['a checksum that is none', { 'x-amz-checksum-crc32': 'AAAA' }, '', 'InvalidRequest'],
    ['a checksum that nobody knows', { 'x-amz-checksum-md4': 'AAAA' }, '', 'InvalidRequest'],
    [
      'two checksums',
      { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' },
      '',
      'InvalidRequest',
    ],
    ['a length that is no number', { 'x-amz-decoded-content-length': '1e3' }, '', 'InvalidArgument'],
    ['a wrong hash of the payload', {}, 'a'.repeat(64), 'XAmzContentSHA256Mismatch'],
    ['less than was said', { 'x-amz-decoded-content-length': '6' }, '', 'IncompleteBody'],
    ['more than was said', { 'x-amz-decoded-content-length': '4' }, '', 'IncompleteBody'],
    ['a trailer that does not come', { 'x-amz-trailer': 'x-amz-checksum-crc32' }, '', 'InvalidRequest'],
  ];
  it.each(rows)('%s is refused', async (_what, headers, payload, code) => {
    await expect(measure(headers, payload)).rejects.toMatchObject({ code });
  });
});
