import { expect, it } from 'vitest';
import { canonical, minus, noSize, plus, sizeOf, wholeOf } from '../../src/model/size.ts';

it.each([
  ['1024Mi', '1Gi'],
  ['1Gi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Gi', '512Mi'],
  ['1023', '1023'],
  ['1Ki', '1Ki'],
  ['0.5Ki', '512'],
  ['0.1Ki', '102400m'],
  ['1073741824', '1073741824'],
  ['1000', '1k'],
  ['2500000', '2500k'],
  ['0', '0'],
  ['0Gi', '0'],
  ['500m', '500m'],
  ['0.5', '500m'],
  ['1e3', '1e3'],
  ['12E6', '12e6'],
  ['1e0', '1'],
  ['100e1', '1e3'],
  ['1e-3', '1e-3'],
  ['+5', '5'],
  ['-1Gi', '-1Gi'],
  ['.5Gi', '512Mi'],
  ['2E', '2E'],
  ['8Ei', '8Ei'],
  ['0.0000000001', '1n'],
])('%s is %s', (written, expected) => {
  expect(canonical(sizeOf(written))).toBe(expected);
});

it.each(['', 'x', '1Xi', 'Gi', '1 Gi', '--1'])('“%s” is none', (text) => {
  expect(() => sizeOf(text)).toThrow('quantities must match the regular expression');
});

it('a sum is written like what it began with', () => {
  const sums = [
    plus(noSize, sizeOf('1Gi')),
    plus(sizeOf('1Gi'), sizeOf('1024Mi')),
    plus(sizeOf('1Gi'), sizeOf('1G')),
    plus(sizeOf('1G'), sizeOf('1Gi')),
  ];
  expect(sums.map(canonical)).toEqual(['1Gi', '2Gi', '2073741824', '2073741824']);
});

it('less than nothing is nothing', () => {
  expect([minus(sizeOf('7Gi'), sizeOf('1Gi')), minus(sizeOf('1Gi'), sizeOf('7Gi'))].map(canonical)).toEqual([
    '6Gi',
    '0',
  ]);
});

it('a count has no fraction', () => {
  expect(['5', '4.2', '1k', '-1'].map((text) => wholeOf(sizeOf(text)))).toEqual([5n, 5n, 1000n, -1n]);
});
