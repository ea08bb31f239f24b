import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMeantAsFdl } from '../../src/declare/meant.ts';
import { fdl, serving } from './watching.ts';

const served = serving();
const indented = (text: string) => text.replace(/^/gm, ' ').trimEnd();
const rest = '\n  oscar:\n  - local:\n      name: one\n      image: busybox\n      script: run.sh\n';

describe('what was meant to hold services is read', () => {
  it.each([
    fdl('one'),
    indented(fdl('one')),
    `# services\n\n${indented(fdl('one'))}`,
    `\uFEFF---\n${fdl('one')}`,
    `storage_providers: {}\n${fdl('one')}`,
    '"functions" : {}\n',
    '{functions: {oscar: []}}\n',
    `function:${rest}`,
    `fuctions:${rest}`,
    `unctions:${rest}`,
    `Funcitons: # all of them${rest}`,
    'function: {oscar: []}\n',
    'oscar:\n- local:\n    name: one\n',
    'oscar: [{local: {name: one}}]\n',
    'name: one\nimage: busybox\nscript: run.sh\n',
    '  script: run.sh\n  image: "busybox"\n',
    `storage_providers: {}\n ${fdl('one')}`,
    `\tfunctions:${rest}`,
  ])('%j', (text) => {
    expect(isMeantAsFdl(text)).toBe(true);
  });

  it.each(['fdl', 'hostile-fdl'])('every file of %s that holds anything of it', (name) => {
    const folder = join(import.meta.dirname, '../fixtures', name);
    const left = readdirSync(folder).filter(
      (file) => file.endsWith('.yaml') && !isMeantAsFdl(readFileSync(join(folder, file), 'utf8')),
    );
    expect(left).toEqual(
      name === 'fdl' ? [] : ['01-empty.yaml', '02-comment-only.yaml', '03-no-functions.yaml', '24-utf16.yaml'],
    );
  });
});

describe('other YAML is left alone', () => {
  it.each([
    ['docker compose', 'services:\n  web:\n    image: nginx\n    command: run.sh\nvolumes: {}\n'],
    ['a manifest', 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers:\n  - image: nginx\n'],
    [
      'FDL inside a manifest',
      `apiVersion: v1\nkind: ConfigMap\ndata:\n  fdl.yaml: |\n    functions:\n      oscar: []\n`,
    ],
    ['manifests', 'kind: A\n---\nimage: x\nscript: y\n'],
    ['a build', 'image: node:24\ntest:\n  script: npm test\n'],
    ['values of a chart', 'image:\n  repository: nginx\nscript: |\n  true\n'],
    ['settings', 'function: gcd\noscar: winner\nmode: fast\n'],
    ['a road map', 'junctions:\n- a\n- b\n'],
    ['a list', '- functions:\n- image: a\n  script: b\n'],
    ['text', 'the functions of oscar\n'],
    ['a template', 'replicas: {{ .Values.n }}: 3\n'],
    ['tests', 'functional:\n  browser: firefox\n'],
  ])('%s', (_what, text) => {
    expect(isMeantAsFdl(text)).toBe(false);
  });
});

describe('a folder says what it does not serve', () => {
  it('each with the fix, and what is only indented is served', async () => {
    const s = await served({
      files: {
        'a.yaml': `function:${rest}`,
        'b.yaml': 'name: two\nimage: busybox\nscript: run.sh\n',
        'c.yaml': indented(fdl('three')),
        'compose.yaml': 'services:\n  web: {image: nginx}\n',
        'run.sh': 'true\n',
      },
    });
    const problems = s.events.flatMap((event) => (event.kind === 'refused' ? event.problems : []));
    expect(
      problems.map((it) => `${it.file.at(-6)} ${it.line}:${it.column} ${it.message}. ${it.hint}`).toSorted(),
    ).toEqual([
      'a 1:1 the file has no `functions`. Write `functions:` instead of `function:`.',
      'b 1:1 the file has no `functions`. Put the service below `functions:`, `oscar:` and `- my-cluster:`.',
    ]);
    expect(s.lines).toContain('declared c.yaml: three');
    expect(s.lines).toHaveLength(3);
  });
});
