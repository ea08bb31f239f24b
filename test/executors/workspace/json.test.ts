import { describe, expect, it } from 'vitest';
import { parseJson, pythonJson } from '../../../src/executors/workspace/json.ts';

const rewritten = (text: string): string | undefined => {
  const json = parseJson(text);
  return json === undefined ? undefined : pythonJson(json);
};

describe('JSON as Python reads and writes it', () => {
  it.each([
    ['{"a":1,"b":"é"}', '{"a": 1, "b": "\\u00e9"}'],
    [' {"2":[],"1":{ },"2":null} ', '{"2": null, "1": {}}'],
    ['[true,false,null]', '[true, false, null]'],
    ['[1.0,-0,12345678901234567890,1E5,1.10]', '[1.0, 0, 12345678901234567890, 100000.0, 1.1]'],
    ['[0.0001,0.00001,1e16,1e15,-0.0,1e400]', '[0.0001, 1e-05, 1e+16, 1000000000000000.0, -0.0, Infinity]'],
    ['[123456789012345680.0,5e-324,0.000123]', '[1.2345678901234568e+17, 5e-324, 0.000123]'],
    ['"a\\u007f\\n\\"\\\\/😀"', '"a\\u007f\\n\\"\\\\/\\ud83d\\ude00"'],
    ['[NaN,-Infinity]', '[NaN, -Infinity]'],
  ])('writes %s as %s', (text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    'text',
    '{',
    '[1,]',
    '{"a":1,}',
    '01',
    '"a\nb"',
    "{'a': 1}",
    '{"a":1} x',
    '{1:2}',
    '+1',
    '.5',
    '\ufeff{}',
  ])('takes %j for no JSON', (text) => {
    expect(rewritten(text)).toBeUndefined();
  });

  it('takes endless nesting for no JSON, instead of running out of stack', () => {
    expect(rewritten('['.repeat(100_000))).toBeUndefined();
  });
});
