import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../../src/objects/embedded/http/target.ts';

describe('an address', () => {
  const rows: [url: string, bucket: string, key: string, query?: [string, string][]][] = [
    ['/', '', ''],
    ['/bucket', 'bucket', ''],
    ['/bucket/', 'bucket', ''],
    ['/bucket/a/b', 'bucket', 'a/b'],
    ['/bucket//a//', 'bucket', '/a//'],
    ['/bucket/../a', 'bucket', '../a'],
    ['/bucket/a%2Fb+c%20d', 'bucket', 'a/b+c d'],
    ['/bucket/%C3%BC', 'bucket', 'ü'],
    ['/bucket/\u00c3\u00bc', 'bucket', 'ü'],
    ['http://127.0.0.1:9000/bucket/a?acl', 'bucket', 'a', [['acl', '']]],
    [
      '/?a=b+c&b=%2B&b=2&&c==',
      '',
      '',
      [
        ['a', 'b c'],
        ['b', '+'],
        ['b', '2'],
        ['c', '='],
      ],
    ],
  ];
  it.each(rows)('%s names bucket "%s" and key "%s"', (url, bucket, key, query = []) => {
    const target = parseTarget(url);
    expect([target.bucket, target.key, [...target.query]]).toEqual([bucket, key, query]);
  });

  it('keeps its path as it was sent', () => expect(parseTarget('/b/a%2fb%20?x').path).toBe('/b/a%2fb%20'));

  it.each(['/b/%', '/b/%zz', '/b/%ff', '/b?a=%', '/b/\u00ff', 'b'])('%s cannot be read', (url) => {
    expect(() => parseTarget(url)).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
  });
});
