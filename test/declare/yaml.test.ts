import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CORE_SCHEMA, dump, load, mergeTag } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { loadFdl } from '../../src/declare/fdl.ts';
import { asAny } from '../../src/declare/scalars.ts';
import { type Node, parseYaml } from '../../src/declare/yaml.ts';

const schema = CORE_SCHEMA.withTags(mergeTag);
const plain = (node: Node | undefined): unknown => {
  if (node === undefined) return undefined;
  if (node.kind === 'scalar') return asAny(node);
  if (node.kind === 'list') return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
};

describe('the tree with positions holds what the library would load', () => {
  const folder = join(import.meta.dirname, '../fixtures/fdl');
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(plain(parseYaml(text).root)).toEqual(load(text, { schema }));
  });

  it.each([
    'a: &x {b: 1, c: [1, 2]}\nd: *x\n',
    'base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n',
    'base: &b {x: 1}\nmore: &m {x: 2, z: 3}\nuse:\n  <<: [*b, *m]\n',
    'a: |\n  one\n  two\nb: >-\n  three\n  four\n',
    "a: 'it''s'\nb: \"tab\\t\"\nc: plain text # comment\n",
    '? a\n: b\n',
    '- 1\n- -2\n- 0x1F\n- 0o17\n- 1.5\n- .5\n- 1e3\n- ~\n- yes\n- True\n- 0777\n- 2024-01-01\n- !!str 5\n',
    '%YAML 1.2\n---\na: 1\n...\n',
  ])('%j', (text) => {
    expect(plain(parseYaml(text).root)).toEqual(load(text, { schema }));
  });

  it('any value that the library writes', () => {
    const key = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__' && text !== '<<');
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      map: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(values.map, (value) => {
        const text = dump(value);
        expect(plain(parseYaml(text).root)).toEqual(load(text, { schema }));
      }),
      { numRuns: 200 },
    );
  });
});

describe('no text makes the loader throw', () => {
  const good = readFileSync(join(import.meta.dirname, '../fixtures/fdl/hub.yaml'), 'utf8');

  it('a file cut anywhere', () => {
    for (let end = 0; end < good.length; end += 7) {
      const file = loadFdl(good.slice(0, end), '/f/a.yaml');
      expect(file.services.length + file.problems.length).toBeGreaterThan(0);
    }
  });

  it('a file with anything put into it', () => {
    const scraps = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\t',
        ': ',
        '- ',
        '[',
        '{',
        '&a ',
        '*a ',
        '<<: *a',
        '|',
        '>',
        '"',
        "'",
        '~',
        'null',
        '1',
        'true',
        '\n',
        '---\n',
        '#',
        '? ',
      ),
    );
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(30), scraps, (at, cut, scrap) => {
        const file = loadFdl(good.slice(0, at) + scrap + good.slice(at + cut), '/f/a.yaml');
        for (const { line, column, message, hint } of [...file.problems, ...file.warnings]) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(message && hint).toBeTruthy();
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('a value of the wrong kind under any key', () => {
    const keys = Object.keys(loadFdl(good, '/f/a.yaml').services[0]?.input ?? {});
    const values = [
      '~',
      '1',
      '1.5',
      'true',
      'text',
      '[]',
      '[~]',
      '[[1]]',
      '[{}]',
      '{}',
      '{a: ~}',
      '{a: [1]}',
      '{a: {b: ~}}',
      '[1, x]',
    ];
    expect(keys.length).toBeGreaterThan(20);
    for (const key of keys) {
      for (const value of values) {
        const text = `functions:\n  oscar:\n  - c:\n      ${key}: ${value}\n`;
        expect(() => loadFdl(text, '/f/a.yaml'), `${key}: ${value}`).not.toThrow();
      }
    }
  });
});
