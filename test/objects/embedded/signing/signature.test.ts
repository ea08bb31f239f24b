import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath, parseTarget } from '../../../../src/objects/embedded/http/target.ts';
import type { Signed } from '../../../../src/objects/embedded/signing/access.ts';
import { presignedUrl } from '../../../../src/objects/embedded/signing/link.ts';
import { authenticate } from '../../../../src/objects/embedded/signing/signature.ts';

// The key pair and the requests that AWS documents its signatures with.
const accessKey = 'AKIAIOSFODNN7EXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const at = Date.UTC(2013, 4, 24);
const secretOf = (key: string) => (key === accessKey ? secretKey : undefined);
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const signed = (method: string, headers: Record<string, string>): Signed => ({
  method,
  headers,
  headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
});
const header = (signedHeaders: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=${accessKey}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`;
const check = (request: Signed, url: string, now = at) =>
  authenticate(request, parseTarget(url), { secretOf, now: () => now });

const get = {
  host: 'examplebucket.s3.amazonaws.com',
  range: 'bytes=0-9',
  'x-amz-content-sha256': emptyHash,
  'x-amz-date': '20130524T000000Z',
  authorization: header(
    'host;range;x-amz-content-sha256;x-amz-date',
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ),
};
const put = {
  date: 'Fri, 24 May 2013 00:00:00 GMT',
  host: 'examplebucket.s3.amazonaws.com',
  'x-amz-date': '20130524T000000Z',
  'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
  authorization: header(
    'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ),
};
const presigned =
  '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
  '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
const linkHeaders = { host: 'examplebucket.s3.amazonaws.com' };

describe('the examples that AWS documents', () => {
  it('of a GET, a PUT and a link are accepted', () => {
    expect(check(signed('GET', get), '/test.txt')).toMatchObject({ accessKey, payload: emptyHash, presigned: false });
    expect(check(signed('PUT', put), '/test$file.text')).toMatchObject({ accessKey });
    expect(check(signed('GET', linkHeaders), presigned)).toMatchObject({
      presigned: true,
      payload: 'UNSIGNED-PAYLOAD',
    });
  });

  it('and the listing with its query', () => {
    const list = {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': emptyHash,
      'x-amz-date': '20130524T000000Z',
      authorization: header(
        'host;x-amz-content-sha256;x-amz-date',
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    };
    expect(check(signed('GET', list), '/?max-keys=2&prefix=J')).toMatchObject({ accessKey });
  });
});

describe('what is wrong is refused by its name', () => {
  const without = (name: keyof typeof get) =>
    signed('GET', Object.fromEntries(Object.entries(get).filter(([key]) => key !== name)));
  const later = presigned.replace('Expires=86400', 'Expires=604801');
  const rows: [string, () => unknown, string][] = [
    ['another method', () => check(signed('PUT', get), '/test.txt'), 'SignatureDoesNotMatch'],
    ['another path', () => check(signed('GET', get), '/other.txt'), 'SignatureDoesNotMatch'],
    ['another query', () => check(signed('GET', get), '/test.txt?acl'), 'SignatureDoesNotMatch'],
    [
      'another header',
      () => check(signed('GET', { ...get, range: 'bytes=0-8' }), '/test.txt'),
      'SignatureDoesNotMatch',
    ],
    ['a signed header that is missing', () => check(without('range'), '/test.txt'), 'AccessDenied'],
    [
      'a host that is not signed',
      () => check(signed('GET', { ...get, authorization: get.authorization.replace('host;', '') }), '/test.txt'),
      'AccessDenied',
    ],
    [
      'an unknown key',
      () => check(signed('GET', { ...get, authorization: get.authorization.replace('AKIA', 'AKIB') }), '/test.txt'),
      'InvalidAccessKeyId',
    ],
    ['a clock that is wrong', () => check(signed('GET', get), '/test.txt', at + 16 * 60_000), 'RequestTimeTooSkewed'],
    [
      'another service',
      () => check(signed('GET', { ...get, authorization: get.authorization.replace('/s3/', '/sqs/') }), '/test.txt'),
      'AuthorizationHeaderMalformed',
    ],
    [
      'another day',
      () =>
        check(
          signed('GET', { ...get, authorization: get.authorization.replace('20130524/', '20130523/') }),
          '/test.txt',
        ),
      'AuthorizationHeaderMalformed',
    ],
    [
      'no signature',
      () => check(signed('GET', { ...get, authorization: 'AWS4-HMAC-SHA256 Credential=x' }), '/test.txt'),
      'AuthorizationHeaderMalformed',
    ],
    ['no date', () => check(without('x-amz-date'), '/test.txt'), 'AccessDenied'],
    ['an expired link', () => check(signed('GET', linkHeaders), presigned, at + 86_401_000), 'AccessDenied'],
    [
      'a link for longer than a week',
      () => check(signed('GET', linkHeaders), later),
      'AuthorizationQueryParametersError',
    ],
    [
      'a changed link',
      () => check(signed('GET', linkHeaders), presigned.replace('test.txt', 'tesu.txt')),
      'SignatureDoesNotMatch',
    ],
    ['a broken escape', () => check(signed('GET', get), '/test%zz'), 'InvalidURI'],
  ];
  it.each(rows)('%s', (_what, act, code) => {
    let thrown: unknown;
    try {
      act();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'S3Failure', code });
  });

  it('and a request without any signature is anonymous', () => {
    expect(check(signed('GET', { host: 'x' }), '/test.txt')).toBeUndefined();
  });
});

class Sha256 {
  #hash: ReturnType<typeof createHash>;
  constructor(secret?: string | Uint8Array) {
    this.#hash = (secret === undefined ? createHash('sha256') : createHmac('sha256', secret)) as ReturnType<
      typeof createHash
    >;
  }
  update(data: string | Uint8Array) {
    this.#hash.update(data);
  }
  async digest() {
    return this.#hash.digest();
  }
  reset() {
    return undefined;
  }
}

const signer = new SignatureV4({
  service: 's3',
  region: 'eu-west-3',
  credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  sha256: Sha256 as never,
  uriEscapePath: false,
  applyChecksum: false,
});

// A URL parser takes the segments `.` and `..` away; no key here has them either.
const anyKey = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((key) => !/\p{C}/u.test(key) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(key));
const anyQuery = fc.dictionary(
  fc.stringMatching(/^[a-z-]{1,8}$/),
  fc.string({ maxLength: 8 }).filter((text) => text.isWellFormed()),
);

describe('whatever key and query', () => {
  it('an AWS SDK signs, the signature is accepted', async () => {
    await fc.assert(
      fc.asyncProperty(anyKey, anyQuery, async (key, query) => {
        const path = `/bucket/${encodePath(key)}`;
        const request = {
          method: 'GET',
          protocol: 'http:',
          hostname: '127.0.0.1',
          path,
          query,
          headers: { host: '127.0.0.1', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        };
        const { headers } = await signer.sign(request, { signingDate: new Date(at) });
        const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
        const text = new URLSearchParams(query).toString();
        expect(check(signed('GET', lower), text ? `${path}?${text}` : path)).toMatchObject({ accessKey });
      }),
      { numRuns: 200 },
    );
  });

  it('we presign, we accept, with the headers that were signed and no others', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const url = new URL(
          presignedUrl({
            method: 'PUT',
            endpoint: 'http://127.0.0.1:9000',
            bucket: 'bucket',
            key,
            accessKey,
            secretKey,
            region: 'us-east-1',
            expiresSeconds: 60,
            headers: { 'Content-Type': 'image/png' },
            query: {},
            now: at,
          }),
        );
        const target = url.pathname + url.search;
        expect(parseTarget(target).key).toBe(key);
        expect(check(signed('PUT', { host: url.host, 'content-type': 'image/png' }), target)).toMatchObject({
          presigned: true,
        });
        expect(() => check(signed('PUT', { host: url.host, 'content-type': 'image/gif' }), target)).toThrow(
          /signature/,
        );
      }),
      { numRuns: 100, examples: [['a b+c%2F%.txt'], ['ü/ß/日本']] },
    );
  });
});
