import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunkDecoder } from '../../../../src/objects/embedded/content/chunks.ts';
import { signingKey } from '../../../../src/objects/embedded/signing/credential.ts';

// The streamed upload that AWS documents: 65 KiB in chunks of 64 KiB and 1 KiB, all `a`.
const seed = {
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', { date: '20130524', region: 'us-east-1' }),
  time: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
};
const a = (n: number) => Buffer.alloc(n, 'a');
const documented = Buffer.concat([
  Buffer.from('10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n'),
  a(65536),
  Buffer.from('\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n'),
  a(1024),
  Buffer.from('\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n'),
]);
const signedMode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const unsignedMode = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

async function decode(mode: string, pieces: Buffer[]): Promise<{ content: Buffer; trailers: Record<string, string> }> {
  const decoder = createChunkDecoder(mode, seed);
  const content = buffer(decoder);
  content.catch(() => undefined);
  await pipeline(Readable.from(pieces), decoder, { end: true });
  return { content: await content, trailers: decoder.trailers };
}

const cut = (bytes: Buffer, at: number[]): Buffer[] => {
  const edges = [0, ...at.map((n) => n % bytes.length).sort((x, y) => x - y), bytes.length];
  return edges
    .slice(1)
    .map((edge, i) => bytes.subarray(edges[i], edge))
    .filter((piece) => piece.length > 0);
};

describe('a body in chunks as AWS documents it', () => {
  it('the documented one is taken apart, however it is cut on its way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (at) => {
        const { content } = await decode(signedMode, cut(documented, at));
        expect(content.equals(a(66560))).toBe(true);
      }),
      { numRuns: 30, examples: [[[1, 2, 3, 4]], [[65621, 65622, 65623]]] },
    );
  });

  it('the documented one with a signed trailer is taken apart', async () => {
    const trailerSeed = { ...seed, signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e' };
    const body = Buffer.concat([
      Buffer.from('10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n'),
      a(65536),
      Buffer.from('\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n'),
      a(1024),
      Buffer.from(
        '\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\nx-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
      ),
    ]);
    const decoder = createChunkDecoder('STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', trailerSeed);
    const content = buffer(decoder);
    await pipeline(Readable.from([body]), decoder);
    expect((await content).length).toBe(66560);
    expect(decoder.trailers).toEqual({ 'x-amz-checksum-crc32c': 'sOO8/Q==' });
  });

  it('without signatures may have trailers', async () => {
    const { content, trailers } = await decode(unsignedMode, [
      Buffer.from('3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n'),
    ]);
    expect([content.toString(), trailers]).toEqual(['abc', { 'x-amz-checksum-crc32': 'NSRBwg==' }]);
  });
});
