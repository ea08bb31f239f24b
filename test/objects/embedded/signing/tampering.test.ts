import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePath, parseTarget } from '../../../../src/objects/embedded/http/target.ts';
import type { Signed } from '../../../../src/objects/embedded/signing/access.ts';
import { authenticate } from '../../../../src/objects/embedded/signing/signature.ts';

const accessKey = 'AKIAIOSFODNN7EXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const host = '127.0.0.1:9000';
const minute = 60_000;

/** A request as Node hands it over: each character a byte of what was sent. */
function sent(method: string, headers: Record<string, string>): Signed {
  const bytes = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), Buffer.from(value).toString('latin1')] as const,
  );
  return {
    method,
    headers: Object.fromEntries(bytes),
    headersDistinct: Object.fromEntries(bytes.map(([name, value]) => [name, [value]])),
  };
}
const check = (request: Signed, url: string, now = at) =>
  authenticate(request, parseTarget(url), {
    secretOf: (key) => (key === accessKey ? secretKey : undefined),
    now: () => now,
  });

class Sha256 {
  readonly hash: { update(data: string | Uint8Array): unknown; digest(): Buffer };
  constructor(secret?: string | Uint8Array) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array) {
    this.hash.update(data);
  }
  async digest() {
    return this.hash.digest();
  }
}

const oracle = new SignatureV4({
  service: 's3',
  region: 'eu-west-3',
  credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  sha256: Sha256 as never,
  uriEscapePath: false,
  applyChecksum: false,
});
const signingDate = new Date(at);

type Request = { method: string; path: string; query: Record<string, string>; headers: Record<string, string> };
const sdkRequest = ({ method = 'PUT', path = '/bucket/key', query = {}, headers = {} }: Partial<Request>) => ({
  method,
  path,
  query,
  headers: { host, ...headers },
  protocol: 'http:',
  hostname: '127.0.0.1',
});
const addressOf = ({ path, query = {} }: { path: string; query?: object }): string => {
  const text = new URLSearchParams(query as Record<string, string>).toString();
  return text ? `${path}?${text}` : path;
};
const sign = async (request: Partial<Request>) => {
  const signed = await oracle.sign(
    sdkRequest({ ...request, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...request.headers } }),
    { signingDate },
  );
  return { headers: signed.headers, url: addressOf(signed) };
};
const presign = async (request: Partial<Request>, expiresIn = 60) => {
  const unhoistableHeaders = new Set(Object.keys(request.headers ?? {}));
  // What the SDK's presigner for S3 adds; it becomes part of the query.
  const headers = { ...request.headers, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' };
  const signed = await oracle.presign(sdkRequest({ ...request, headers }), {
    signingDate,
    expiresIn,
    unhoistableHeaders,
  });
  return { headers: { host, ...request.headers }, url: addressOf(signed) };
};

const character = fc.constantFrom(...'aZ09 +%&=?#/\'()*!~-_.,;:@$"<>[]ü日', '😀');
const anyPath = fc
  .array(character, { minLength: 1, maxLength: 20 })
  .map((all) => `/bucket/${encodePath(all.join(''))}`);
const anyText = fc.array(character, { maxLength: 10 }).map((all) => all.join(''));
const anyQuery = fc.dictionary(
  anyText.filter((name) => name !== ''),
  anyText,
  { maxKeys: 4 },
);
const anyHeaders = fc.record({
  'x-amz-meta-a': anyText,
  'content-type': anyText,
  'x-amz-tagging': fc.constantFrom('a=1&b=2', '  two   blanks  '),
});

describe('whatever the key, the query and the headers,', () => {
  it('a header that an AWS SDK signed is accepted, and nothing that differs', async () => {
    await fc.assert(
      fc.asyncProperty(anyPath, anyQuery, anyHeaders, async (path, query, headers) => {
        const signed = await sign({ path, query, headers });
        expect(check(sent('PUT', signed.headers), signed.url)).toMatchObject({ accessKey, presigned: false });
        const other = { ...signed.headers, 'x-amz-meta-a': `${headers['x-amz-meta-a']}.` };
        expect(() => check(sent('PUT', other), signed.url)).toThrow(
          expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('a link that an AWS SDK made is accepted, and nothing that differs', async () => {
    await fc.assert(
      fc.asyncProperty(anyPath, anyQuery, anyHeaders, async (path, query, headers) => {
        const link = await presign({ path, query, headers });
        expect(check(sent('PUT', link.headers), link.url)).toMatchObject({ accessKey, presigned: true });
        const code = 'SignatureDoesNotMatch';
        expect(() => check(sent('PUT', link.headers), `${link.url}&x=1`)).toThrow(expect.objectContaining({ code }));
        const other = { ...link.headers, 'content-type': `${headers['content-type']}.` };
        expect(() => check(sent('PUT', other), link.url)).toThrow(expect.objectContaining({ code }));
      }),
      { numRuns: 150 },
    );
  });
});

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'accepted';
};

describe('a signed request is', () => {
  const rows: [what: string, change: Record<string, string>, outcome: string][] = [
    ['accepted as it is', {}, 'accepted'],
    ['accepted with a header that needs no signature', { range: 'bytes=0-1' }, 'accepted'],
    ['refused with an x-amz header that nobody signed', { 'x-amz-copy-source': '/other/secret' }, 'AccessDenied'],
    ['refused with another digest of the body', { 'x-amz-content-sha256': 'a'.repeat(64) }, 'SignatureDoesNotMatch'],
    ['refused with a digest that is none', { 'x-amz-content-sha256': 'abc' }, 'InvalidArgument'],
    [
      'refused with a stream that nobody knows',
      { 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' },
      'NotImplemented',
    ],
    ['refused with a time that is none', { 'x-amz-date': 'yesterday' }, 'AccessDenied'],
    ['refused with a scheme that nobody knows', { authorization: 'Bearer x' }, 'InvalidRequest'],
  ];
  it.each(rows)('%s', async (_what, change, outcome) => {
    const { headers, url } = await sign({});
    expect(refusal(() => check(sent('PUT', { ...headers, ...change }), url))).toBe(outcome);
  });

  it.each([
    [14, 'accepted'],
    [16, 'RequestTimeTooSkewed'],
    [-16, 'RequestTimeTooSkewed'],
  ])('judged by a clock that is %i minutes off: %s', async (minutes, outcome) => {
    const { headers, url } = await sign({});
    expect(refusal(() => check(sent('PUT', headers), url, at + minutes * minute))).toBe(outcome);
  });

  it('not accepted with the wrong secret', async () => {
    const { headers, url } = await sign({});
    const act = () => authenticate(sent('PUT', headers), parseTarget(url), { secretOf: () => 'other', now: () => at });
    expect(refusal(act)).toBe('SignatureDoesNotMatch');
  });

  it('what seeds the signatures of the chunks behind it', async () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const { headers, url } = await sign({ headers: { 'x-amz-content-sha256': payload } });
    const signature = /Signature=(\w+)/.exec(headers.authorization ?? '')?.[1];
    const seed = { signature, time: '20260102T030405Z', scope: '20260102/eu-west-3/s3/aws4_request' };
    expect(check(sent('PUT', headers), url)).toMatchObject({ payload, seed });
  });
});

describe('a link is', () => {
  const without = (url: string, name: string) => url.replace(new RegExp(`&?${name}=[^&]*`), '');
  const rows: [what: string, change: (url: string) => string, headers: Record<string, string>, outcome: string][] = [
    ['accepted as it is', (url) => url, {}, 'accepted'],
    [
      'refused with an x-amz header that nobody signed',
      (url) => url,
      { 'x-amz-copy-source': '/other/secret' },
      'AccessDenied',
    ],
    ['refused beside a header', (url) => url, { authorization: 'AWS4-HMAC-SHA256 x' }, 'InvalidArgument'],
    ['refused for no time', (url) => url.replace('Expires=60', 'Expires=0'), {}, 'AuthorizationQueryParametersError'],
    [
      'refused for more than a week',
      (url) => url.replace('Expires=60', 'Expires=604801'),
      {},
      'AuthorizationQueryParametersError',
    ],
    [
      'refused for a time that is no number',
      (url) => url.replace('Expires=60', 'Expires=1e3'),
      {},
      'AuthorizationQueryParametersError',
    ],
    [
      'refused for longer than it was made for',
      (url) => url.replace('Expires=60', 'Expires=61'),
      {},
      'SignatureDoesNotMatch',
    ],
    [
      'refused with another algorithm',
      (url) => url.replace('=AWS4-HMAC-SHA256', '=MD5'),
      {},
      'AuthorizationQueryParametersError',
    ],
    [
      'refused for another service',
      (url) => url.replace('%2Fs3%2F', '%2Fsqs%2F'),
      {},
      'AuthorizationQueryParametersError',
    ],
    [
      'refused with a date that is none',
      (url) => url.replace('T030405Z', 'T99'),
      {},
      'AuthorizationQueryParametersError',
    ],
    [
      'refused when its host is not signed',
      (url) => url.replace('SignedHeaders=host', 'SignedHeaders=range'),
      { range: 'x' },
      'AccessDenied',
    ],
    ...['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'].map(
      (name): [string, (url: string) => string, Record<string, string>, string] => [
        `refused without X-Amz-${name}`,
        (url) => without(url, `X-Amz-${name}`),
        {},
        'AuthorizationQueryParametersError',
      ],
    ),
  ];
  it.each(rows)('%s', async (_what, change, more, outcome) => {
    const { headers, url } = await presign({});
    expect(refusal(() => check(sent('PUT', { ...headers, ...more }), change(url)))).toBe(outcome);
  });

  it.each([
    [59, 'accepted'],
    [61, 'AccessDenied'],
    [-16 * 60, 'AccessDenied'],
  ])('%i seconds after it was made: %s', async (seconds, outcome) => {
    const { headers, url } = await presign({});
    expect(refusal(() => check(sent('PUT', headers), url, at + seconds * 1000))).toBe(outcome);
  });
});
