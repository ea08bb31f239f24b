import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { againstTheTable, cycles } from './architecture/layers.ts';
import {
  concreteExecutors,
  doneElsewhere,
  overTheWall,
  packagesWithoutOneHome,
  unusedPackages,
} from './architecture/only.ts';
import { importsOf, readSources, type SourceFile } from './architecture/sources.ts';

const root = join(import.meta.dirname, '..');
const src = readSources(root, ['src']);
const everything = [...src, ...readSources(root, ['scripts', 'test'])];
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
// The program is a bundle, so whoever installs the package needs none of these.
const packages = Object.keys(manifest.devDependencies ?? {});
const tools = ['@biomejs/biome', '@yao-pkg/pkg', 'oscar-sandbox-node', 'typescript'];

const file = (path: string, text: string): SourceFile => ({ path, text });
const ringOfTwo = [
  file('src/store/b.ts', "import './a.ts';"),
  file('src/store/a.ts', "import type { B } from './b.ts';"),
];

describe('the sources', () => {
  it('import only what the table of folders allows', () => expect(againstTheTable(src)).toEqual([]));
  it('never import in a circle', () => expect(cycles(everything)).toEqual([]));
  it('stay within 300 lines a file', () => expect(overTheWall(everything)).toEqual([]));
  it('import each package in exactly one file', () => expect(packagesWithoutOneHome(src, packages)).toEqual([]));
  it('have no package that nobody needs', () => expect(unusedPackages(everything, packages, tools)).toEqual([]));
  it('keep SQL, the environment and the exit in their one place', () => expect(doneElsewhere(src)).toEqual([]));
  it('name concrete executors in one folder of the daemon alone', () => expect(concreteExecutors(src)).toEqual([]));
});

describe('a rule that is broken is told with file, line and rule', () => {
  const broken: [rule: string, problems: string[], sentence: string][] = [
    [
      'upward import',
      againstTheTable([file('src/store/a.ts', "\nimport type { Api } from '../api/server.ts';")]),
      'src/store/a.ts:2 imports src/api/server.ts: store may import model/ alone.',
    ],
    [
      'import by call',
      againstTheTable([file('src/model/a.ts', "const x = await import('../log.ts');")]),
      'src/model/a.ts:1 imports src/log.ts: model may import nothing alone.',
    ],
    [
      'more than a contract',
      againstTheTable([file('src/invoke/a.ts', "export { x } from '../executors/local.ts';")]),
      'src/invoke/a.ts:1 imports src/executors/local.ts: invoke may import model/, store/, objects/buckets.ts, executors/executor.ts alone.',
    ],
    [
      'protocol sees its neighbour',
      againstTheTable([file('src/api/protocol.ts', "import './auth.ts';")]),
      'src/api/protocol.ts:1 imports src/api/auth.ts: api/protocol.ts may import model/ alone.',
    ],
    [
      'src imports a script',
      againstTheTable([file('src/cli/a.ts', "import { run } from '../../scripts/run.ts';")]),
      'src/cli/a.ts:1 imports scripts/run.ts: src imports nothing outside src.',
    ],
    [
      'a folder nobody planned',
      againstTheTable([file('src/helpers/a.ts', "import '../model/event.ts';")]),
      'src/helpers/a.ts:1 imports src/model/event.ts: it stands outside the folders of the import table.',
    ],
    [
      'a circle',
      cycles(ringOfTwo),
      'src/store/a.ts → src/store/b.ts → src/store/a.ts: these files import each other in a circle.',
    ],
    [
      'a wall of lines',
      overTheWall([file('src/a.ts', 'x;\n'.repeat(301))]),
      'src/a.ts has 301 lines: 300 is the wall, find its second job.',
    ],
    [
      'a package in two files',
      packagesWithoutOneHome(
        [
          file('src/a.ts', "import express from 'express';"),
          file('src/b.ts', "import type { X } from 'express/types';"),
        ],
        ['express'],
      ),
      'express is imported by src/a.ts and src/b.ts: one file alone may.',
    ],
    [
      'a package nobody uses',
      unusedPackages([], ['@scope/thing', '@types/thing', 'tool'], ['tool']),
      '@scope/thing is listed in package.json, and no file imports it.',
    ],
    [
      'a package nobody listed',
      packagesWithoutOneHome([file('src/a.ts', "import 'left-pad';")], []),
      'src/a.ts imports left-pad, which package.json does not list.',
    ],
    [
      'SQL at large',
      doneElsewhere([file('src/api/a.ts', 'db.all(`\n  SELECT *\n  FROM jobs `)')]),
      'src/api/a.ts:1 has SQL: SQL stands in src/store alone.',
    ],
    [
      'the environment',
      doneElsewhere([file('src/log.ts', '\n\nconst { HOME } = process.env;')]),
      'src/log.ts:3 has process.env: src/config.ts alone reads the environment.',
    ],
    [
      'the exit',
      doneElsewhere([file('src/cli/cli.ts', 'process.exit(1)')]),
      'src/cli/cli.ts:1 has process.exit: src/main.ts alone ends the process.',
    ],
    [
      'an executor by name',
      concreteExecutors([file('src/daemon/parts.ts', "import { createLocal } from '../executors/local.ts';")]),
      'src/daemon/parts.ts:1 names src/executors/local.ts: src/daemon/executors/ alone names concrete executors.',
    ],
  ];
  it.each(broken)('%s', (_rule, problems, sentence) => expect(problems).toEqual([sentence]));
});

describe('imports are read as the compiler reads them', () => {
  const rows: [text: string, specifiers: string[]][] = [
    ["import a from 'a';", ['a']],
    ["import {\n  b,\n  type C,\n} from './b.ts';", ['./b.ts']],
    ['import type * as d from "d";\nexport * from \'./e.ts\';', ['d', './e.ts']],
    ["let f: import('./f.ts').F;", ['./f.ts']],
    ["const g = await import('g');", ['g']],
    ["import 'h';", ['h']],
    ["// import a from 'a';\n/* import b from 'b'; */\ncall(); // as import('c') does", []],
    ["const text = 'import it from where it is';", []],
  ];
  it.each(rows)('%j', (text, specifiers) =>
    expect(importsOf(file('src/x.ts', text)).map((one) => one.specifier)).toEqual(specifiers),
  );
});
