import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../../src/objects/embedded/http/target.ts';
import { authenticate } from '../../../../src/objects/embedded/signing/signature.ts';

const accessKey = 'AKIAIOSFODNN7EXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const sign = (...lines: string[]) => createHmac('sha1', secretKey).update(lines.join('\n')).digest('base64');

function outcome(method: string, url: string, headers: Record<string, string> = {}): string {
  const request = {
    method,
    headers,
    headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
  const secretOf = (key: string) => (key === accessKey ? secretKey : undefined);
  try {
    const access = authenticate(request, parseTarget(url), { secretOf, now: () => at });
    return access ? `${access.accessKey} ${access.payload}` : 'anonymous';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
const accepted = `${accessKey} UNSIGNED-PAYLOAD`;

describe('a link of version 2', () => {
  const expires = String(at / 1000 + 60);
  const link = (path: string, query: Record<string, string>) =>
    `${path}?${new URLSearchParams({ AWSAccessKeyId: accessKey, Expires: expires, ...query })}`;
  const put = { 'content-type': 'image/png', 'x-amz-meta-a': '1' };
  const signature = sign('PUT', '', 'image/png', expires, 'x-amz-meta-a:1', '/bucket/a%20b');

  // botocore: what was signed stands in the link as well.
  const botocore = link('/bucket/a%20b', { ...put, Signature: signature });
  const rows: [what: string, url: string, headers: Record<string, string>, expected: string][] = [
    ['with its headers sent', link('/bucket/a%20b', { Signature: signature }), put, accepted],
    ['with its headers in the link alone', botocore, {}, accepted],
    ['with its headers in both', botocore, put, accepted],
    ['with another header than in the link', botocore, { 'content-type': 'image/gif' }, 'SignatureDoesNotMatch'],
    ['with one header more', botocore, { ...put, 'x-amz-copy-source': 'a/b' }, 'SignatureDoesNotMatch'],
    ['of somebody unknown', botocore.replace(accessKey, 'x'), put, 'InvalidAccessKeyId'],
    ['that is over', botocore.replace(`Expires=${expires}`, 'Expires=1'), put, 'AccessDenied'],
    ['with an end that is no number', botocore.replace(`Expires=${expires}`, 'Expires=never'), put, 'AccessDenied'],
    ['without a signature', link('/bucket/a%20b', {}), put, 'AccessDenied'],
    ['beside a header', botocore, { authorization: `AWS ${accessKey}:x` }, 'InvalidArgument'],
  ];
  it.each(rows)('%s', (_what, url, headers, expected) => expect(outcome('PUT', url, headers)).toBe(expected));

  it('covers what it asks of the answer', () => {
    const text = '/bucket/k?response-content-disposition=attachment; filename="a"&versionId=7';
    const Signature = sign('GET', '', '', expires, text);
    const query = { versionId: '7', 'response-content-disposition': 'attachment; filename="a"', Signature };
    expect(outcome('GET', link('/bucket/k', query))).toBe(accepted);
    expect(outcome('GET', link('/bucket/k', { ...query, versionId: '8' }))).toBe('SignatureDoesNotMatch');
  });
});

describe('a header of version 2', () => {
  const date = new Date(at).toUTCString();
  const late = new Date(at - 16 * 60_000).toUTCString();
  const authorization = (...lines: string[]) => `AWS ${accessKey}:${sign(...lines)}`;
  const rows: [what: string, headers: Record<string, string>, expected: string][] = [
    ['with Date', { date, authorization: authorization('GET', '', '', date, '/bucket/?acl') }, accepted],
    [
      'with x-amz-date',
      { 'x-amz-date': date, authorization: authorization('GET', '', '', '', `x-amz-date:${date}`, '/bucket/?acl') },
      accepted,
    ],
    [
      'for another date',
      { date: new Date(at + 1000).toUTCString(), authorization: authorization('GET', '', '', date, '/bucket/?acl') },
      'SignatureDoesNotMatch',
    ],
    ['without a date', { authorization: authorization('GET', '', '', '', '/bucket/?acl') }, 'AccessDenied'],
    [
      'from long ago',
      { date: late, authorization: authorization('GET', '', '', late, '/bucket/?acl') },
      'RequestTimeTooSkewed',
    ],
    ['without a signature', { date, authorization: `AWS ${accessKey}` }, 'InvalidArgument'],
    ['of somebody unknown', { date, authorization: 'AWS x:y' }, 'InvalidAccessKeyId'],
  ];
  it.each(rows)('%s', (_what, headers, expected) => expect(outcome('GET', '/bucket/?acl', headers)).toBe(expected));

  // botocore: the slash behind a bucket is signed, but not sent.
  it.each([
    ['/bucket', '/bucket', accepted],
    ['/bucket', '/bucket/', accepted],
    ['/bucket/', '/bucket', 'SignatureDoesNotMatch'],
    ['/bucket/key', '/bucket/key/', 'SignatureDoesNotMatch'],
  ])('for %s, signed as %s', (url, signed, expected) => {
    expect(outcome('GET', url, { date, authorization: authorization('GET', '', '', date, signed) })).toBe(expected);
  });
});
