import { describe, expect, it } from 'vitest';
import { canonicalHeader, goDuration, goTime, isTrue, precise, seconds, sizeText } from '../../src/api/formats.ts';
import { encodeJson } from '../../src/api/json.ts';
import { afterOf, pageToken } from '../../src/api/paging.ts';

const at = Date.parse('2026-06-12T07:05:30.120Z');

describe('values are written as Go writes them', () => {
  it.each([
    [0, '0s'],
    [850, '850ns'],
    [12_500, '12.5µs'],
    [1_234_567, '1.234567ms'],
    [2_000_000_000, '2s'],
    [62_500_000_000, '1m2.5s'],
    [3_600_000_000_000, '1h0m0s'],
  ])('%d ns is %s', (ns, text) => expect(goDuration(ns)).toBe(text));

  it.each([
    [0, '0'],
    [512, '512'],
    [1024, '1Ki'],
    [1536, '1.5Ki'],
    [3 * 2 ** 20, '3Mi'],
    [2 ** 40, '1Ti'],
  ])('%d bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

  it('times have the digits they need', () => {
    expect([seconds(at), precise(at), goTime(at)]).toEqual([
      '2026-06-12T07:05:30Z',
      '2026-06-12T07:05:30.12Z',
      '2026-06-12 07:05:30.12 +0000 UTC',
    ]);
    expect([precise(at - 120), goTime(at - 120)]).toEqual(['2026-06-12T07:05:30Z', '2026-06-12 07:05:30 +0000 UTC']);
  });

  it('a flag is true for six words alone', () => {
    expect(['1', 't', 'T', 'TRUE', 'true', 'True'].every(isTrue)).toBe(true);
    expect([null, '', '0', 'yes', 'tRUE', 'false'].some(isTrue)).toBe(false);
  });

  it('JSON can stand in a page', () => {
    expect(encodeJson({ a: '<b>&\u2028', c: [1, null] })).toBe('{"a":"\\u003cb\\u003e\\u0026\\u2028","c":[1,null]}');
  });

  it('header names have capitals after each dash', () => {
    expect(canonicalHeader('x-amz-META-who')).toBe('X-Amz-Meta-Who');
  });
});

it('a page token means its page and nothing else does', () => {
  expect(afterOf(pageToken('a-1'))).toBe('a-1');
  expect(afterOf('')).toBe('');
  expect(['a-1', 'YWZ0ZXI', `${pageToken('a')}x`, 'null'].map(afterOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
