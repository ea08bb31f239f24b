import { createHash, createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChunkDecoder } from '../../../../src/objects/embedded/content/chunks.ts';
import { mode } from '../../../../src/objects/embedded/signing/access.ts';

const seed = {
  signature: 'f'.repeat(64),
  key: Buffer.from('a key of a day'),
  time: '20260102T030405Z',
  scope: '20260102/us-east-1/s3/aws4_request',
};
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const sign = (kind: string, parts: string[]) =>
  createHmac('sha256', seed.key)
    .update([kind, seed.time, seed.scope, ...parts].join('\n'))
    .digest('hex');

/** A body as a client frames it; `trailers` as one text, each `name:value\n`. */
function framed(chunks: Buffer[], { signed = true, trailers = '', separator = '' } = {}): Buffer {
  let previous = seed.signature;
  const pieces = [...chunks, Buffer.alloc(0)].flatMap((chunk) => {
    previous = signed ? sign('AWS4-HMAC-SHA256-PAYLOAD', [previous, sha256(''), sha256(chunk)]) : '';
    const header = `${chunk.length.toString(16)}${signed ? `;chunk-signature=${previous}` : ''}\r\n`;
    return [Buffer.from(header), chunk, Buffer.from(chunk.length > 0 ? '\r\n' : '')];
  });
  const signature = sign('AWS4-HMAC-SHA256-TRAILER', [previous, sha256(trailers)]);
  const end = trailers && signed ? `${trailers}${separator}x-amz-trailer-signature:${signature}\r\n` : trailers;
  return Buffer.concat([...pieces, Buffer.from(`${end}\r\n`)]);
}

async function decode(how: string, pieces: Buffer[]) {
  const decoder = createChunkDecoder(how, seed);
  const content = buffer(decoder);
  content.catch(() => undefined);
  await pipeline(Readable.from(pieces), decoder);
  return { content: (await content).toString('hex'), trailers: { ...decoder.trailers } };
}

function cut(bytes: Buffer, at: number[]): Buffer[] {
  const edges = [0, ...at.map((n) => n % bytes.length).sort((x, y) => x - y), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

const anyChunks = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 4 },
);
const anyCuts = fc.array(fc.nat(), { maxLength: 12 });

describe('a body comes out as it went in, wherever the network cuts it,', () => {
  const trailers = 'x-amz-checksum-crc32:NSRBwg==\n';
  const rows: [how: string, options: Parameters<typeof framed>[1], expected: Record<string, string>][] = [
    [mode.signedChunks, {}, {}],
    [mode.signedChunksTrailer, { trailers }, { 'x-amz-checksum-crc32': 'NSRBwg==' }],
    // minio-go: line feeds alone behind trailers, and an empty line before the signature.
    [
      mode.signedChunksTrailer,
      { trailers: `${trailers}x-amz-b:2\n`, separator: '\r\n' },
      { 'x-amz-checksum-crc32': 'NSRBwg==', 'x-amz-b': '2' },
    ],
    [
      mode.unsignedChunksTrailer,
      { signed: false, trailers: 'X-Amz-Checksum-Crc32: NSRBwg== \r\n' },
      { 'x-amz-checksum-crc32': 'NSRBwg==' },
    ],
  ];
  it.each(rows)('%s %j', async (how, options, expected) => {
    await fc.assert(
      fc.asyncProperty(anyChunks, anyCuts, async (chunks, cuts) => {
        const body = framed(chunks, options);
        const whole = { content: Buffer.concat(chunks).toString('hex'), trailers: expected };
        expect(await decode(how, cut(body, cuts))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('also when the last empty line is left out', async () => {
    const body = framed([Buffer.from('abc')]);
    expect((await decode(mode.signedChunks, [body.subarray(0, -2)])).content).toBe('616263');
  });
});

describe('nobody on the way can', () => {
  const abc = [Buffer.from('abc'), Buffer.from('def')];
  const trailers = 'x-amz-a:1\n';
  const text = (body: Buffer) => body.toString('latin1');
  const signed = text(framed(abc));
  const trailing = text(framed(abc, { trailers }));
  const rows: [what: string, how: string, body: string, code: string][] = [
    ['change a byte', mode.signedChunks, signed.replace('abc', 'abd'), 'SignatureDoesNotMatch'],
    [
      'swap two chunks',
      mode.signedChunks,
      signed.replace(/^(.*?abc\r\n)(.*?def\r\n)/s, '$2$1'),
      'SignatureDoesNotMatch',
    ],
    ['leave out a chunk', mode.signedChunks, signed.replace(/^.*?abc\r\n/s, ''), 'SignatureDoesNotMatch'],
    ['end the body early', mode.signedChunks, signed.replace(/\r\n0;.*$/s, '\r\n'), 'IncompleteBody'],
    ['end it in a chunk', mode.signedChunks, signed.slice(0, signed.indexOf('def') + 1), 'IncompleteBody'],
    ['take a signature away', mode.signedChunks, signed.replace(/;chunk-signature=\w+/, ''), 'SignatureDoesNotMatch'],
    ['change a trailer', mode.signedChunksTrailer, trailing.replace('a:1', 'a:2'), 'SignatureDoesNotMatch'],
    [
      'take the signature of the trailers away',
      mode.signedChunksTrailer,
      trailing.replace(/x-amz-trailer-signature.*\r\n/, ''),
      'SignatureDoesNotMatch',
    ],
    [
      'add a trailer behind the signature',
      mode.signedChunksTrailer,
      trailing.replace(/\r\n$/, 'x-amz-b:1\r\n\r\n'),
      'InvalidRequest',
    ],
    ['add one where there are none', mode.signedChunks, signed.replace(/\r\n$/, 'x-amz-b:1\r\n\r\n'), 'InvalidRequest'],
    ['add bytes behind the end', mode.signedChunks, `${signed}more`, 'InvalidRequest'],
    [
      'fill the memory with trailers',
      mode.unsignedChunksTrailer,
      `0\r\n${'x-amz-b:1\r\n'.repeat(2000)}`,
      'InvalidRequest',
    ],
    ['fill it with a line that does not end', mode.unsignedChunksTrailer, `0;${'a'.repeat(20_000)}`, 'InvalidRequest'],
    ['send a trailer without a name', mode.unsignedChunksTrailer, '0\r\nnothing\r\n\r\n', 'InvalidRequest'],
    ['claim a size beyond all numbers', mode.unsignedChunksTrailer, `${'f'.repeat(14)}\r\n`, 'InvalidRequest'],
    ['give a size that is no number', mode.unsignedChunksTrailer, 'xyz\r\nabc\r\n', 'InvalidRequest'],
    ['send more than a chunk says', mode.unsignedChunksTrailer, '2\r\nabc\r\n0\r\n\r\n', 'InvalidRequest'],
    ['leave out a carriage return', mode.unsignedChunksTrailer, '1\na\r\n0\r\n\r\n', 'InvalidRequest'],
  ];
  it.each(rows)('%s', async (_what, how, body, code) => {
    await expect(decode(how, [Buffer.from(body, 'latin1')])).rejects.toMatchObject({ name: 'S3Failure', code });
    await expect(decode(how, cut(Buffer.from(body, 'latin1'), [1, 2, 7, 60, 95, 96]))).rejects.toMatchObject({ code });
  });

  it('send a form that nobody knows', () => {
    expect(() => createChunkDecoder('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', undefined)).toThrow(
      expect.objectContaining({ code: 'NotImplemented' }),
    );
  });

  it('pass a signed stream off without a signed request', () => {
    expect(() => createChunkDecoder(mode.signedChunks, undefined)).toThrow(
      expect.objectContaining({ code: 'AccessDenied' }),
    );
  });
});

it('content is passed on as it comes, without a copy', async () => {
  const decoder = createChunkDecoder(mode.unsignedChunksTrailer, undefined);
  const piece = Buffer.from(`100000\r\n${'a'.repeat(65_536)}`);
  decoder.write(piece);
  const [first] = (await decoder.take(1).toArray()) as [Buffer];
  expect([first.length, first.buffer === piece.buffer]).toEqual([65_536, true]);
});
