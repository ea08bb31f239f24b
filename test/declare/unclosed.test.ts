import { describe, expect, it } from 'vitest';
import { loadFdl } from '../../src/declare/fdl.ts';

const service = (image: string, ...lines: string[]) =>
  `functions:\n  oscar:\n  - local:\n      name: demo\n      image: ${image}\n      script: run.sh\n${lines.map((line) => `      ${line}\n`).join('')}`;

/** Place, message, hint and line of the first problem. */
const said = (text: string): string[] => {
  const [it] = loadFdl(text, '/f/a.yaml').problems;
  return it ? [`${it.line}:${it.column} ${it.message}. ${it.hint}`, it.snippet.trim()] : [];
};
const open = (place: string, char: string, closer: string) =>
  `${place} ${char} is not closed. It is opened here and never closed: add ${closer} .`;

describe('what is never closed is shown where it is opened', () => {
  it.each([
    [service('[a'), open('5:14', '[', ']'), 'image: [a'],
    [service('{a: b'), open('5:14', '{', '}'), 'image: {a: b'],
    [service('"a'), open('5:14', '"', '"'), 'image: "a'],
    [service("'a"), open('5:14', "'", "'"), "image: 'a"],
    [service('"a', 'memory: "1Gi"'), open('5:14', '"', '"'), 'image: "a'],
    [service('"a \\" b'), open('5:14', '"', '"'), 'image: "a \\" b'],
    [service("'it''s"), open('5:14', "'", "'"), "image: 'it''s"],
    [service('"a', 'vo: x: y'), open('5:14', '"', '"'), 'image: "a'],
    [service('[a # no ]'), open('5:14', '[', ']'), 'image: [a # no ]'],
    [service("it's", 'vo: [a'), open('7:11', '[', ']'), 'vo: [a'],
    [service('a', 'labels: {a: "it, b: c}', 'vo: "d"'), open('7:19', '"', '"'), 'labels: {a: "it, b: c}'],
    [service('a', 'labels: {a: ["x", {b: c}', 'vo: d'), open('7:19', '[', ']'), 'labels: {a: ["x", {b: c}'],
    [service('a', 'input: [', '  {path: a},', 'output: [', '  {path: b}]'), open('7:14', '[', ']'), 'input: ['],
    [service('a', 'vo: |', '  echo "x [', '', '  } #', 'labels: {'), open('11:15', '{', '}'), 'labels: {'],
    [service('a', '? >-', '  a "', ': !!str "b'), open('9:15', '"', '"'), ': !!str "b'],
    [service('a', 'input: [{path: "a},', '        {path: "b"}]'), open('7:22', '"', '"'), 'input: [{path: "a},'],
    ['{name: x\n\n', open('1:1', '{', '}'), '{name: x'],
    ['--- {functions: {oscar: [\n\n# end\n', open('1:25', '[', ']'), '--- {functions: {oscar: ['],
    ['functions:\n  oscar:\n  - a: {name: b\n  - c: {name: d}\n', open('3:8', '{', '}'), '- a: {name: b'],
  ])('%j', (text, sentence, line) => {
    expect(said(text)).toEqual([sentence, line]);
  });
});

describe('other mistakes are not taken for it', () => {
  it.each([
    [service('{a: b]'), '5:19 ] does not close {. Write } instead of ].'],
    [service('[a}'), '5:16 } does not close [. Write ] instead of }.'],
    [
      service('a', 'input: [', '  {path: a},', ']'),
      '9:7 deficient indentation. Indent the ] further than the line in which its [ is.',
    ],
    [
      service('busy: box'),
      '5:18 bad indentation of a mapping entry. Quote the value: an unquoted one cannot hold a colon and a blank.',
    ],
    [
      service('{a: b: c}'),
      '5:19 missed comma between flow collection entries. Quote the value: an unquoted one cannot hold a colon and a blank.',
    ],
    [
      service('"a" b'),
      '5:18 bad indentation of a mapping entry. Compare the indentation and the quotes with the lines above.',
    ],
  ])('%j', (text, sentence) => {
    expect(said(text)[0]).toBe(sentence);
  });

  it('at the end of a file the last line with something in it is shown', () => {
    expect(said('functions:\n  ? [a]: b\n  "x"\n\n\n')[1]).toBe('"x"');
  });

  it('a file of a million letters is read through', () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `key${i}: "value ${i}" # '[`);
    const text = `${lines.join('\n')}\nlast: |\n${'  x "\n'.repeat(20_000)}\nopen: [a\n`;
    expect(said(text)[0]).toBe(open('60003:7', '[', ']'));
    expect(said(`a: "${'x\\"'.repeat(300_000)}`)[0]).toBe(open('1:4', '"', '"'));
  });
});
