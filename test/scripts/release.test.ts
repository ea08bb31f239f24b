import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Facts, factsOf, unmet } from '../../scripts/release/demands.ts';
import { faults, type Release } from '../../scripts/release/folder.ts';
import { notesOf, sectionOf } from '../../scripts/release/notes.ts';
import { packageProblems, programProblems } from '../../scripts/release/programs.ts';

const releases = 'https://code.example/ada/oscar-sandbox/releases';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-releases-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer, mode = 0o644): void => {
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), mode);
};

describe('a release folder', () => {
  const release: Release = {
    version: '1.2.3',
    releases,
    targets: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'],
  };
  const heads = {
    'linux-x64': `7f454c46${'00'.repeat(14)}3e00`,
    'linux-arm64': `7f454c46${'00'.repeat(14)}b700`,
    'darwin-x64': 'cffaedfe07000001',
    'darwin-arm64': 'cffaedfe0c000001',
  };
  const sum = () => {
    const names = readdirSync(folder).filter((name) => name !== 'SHA256SUMS');
    const hash = (name: string) =>
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex');
    write('SHA256SUMS', names.map((name) => `${hash(name)}  ${name}\n`).join(''));
  };
  const program = (target: keyof typeof heads, mode = 0o755, head = heads[target]) => {
    const bytes = Buffer.concat([Buffer.from(head, 'hex'), Buffer.from(`and the rest ${target}`)]);
    write(`oscar-sandbox-${target}`, bytes, mode);
    write(`oscar-sandbox-${target}.gz`, gzipSync(bytes));
  };
  beforeEach(() => {
    for (const target of Object.keys(heads) as (keyof typeof heads)[]) program(target);
    write('oscar-sandbox-1.2.3.tgz', 'an npm package');
    write('install.sh', `releases='${releases}'\nmain "$@"\n`);
    write('LICENSE', 'ours');
    write('THIRD-PARTY-LICENSES.txt', 'theirs');
    sum();
  });

  it('without a fault has none', async () => expect(await faults(folder, release)).toEqual([]));

  const faulty: [fault: string, make: () => void, problems: string[]][] = [
    ['a file is missing', () => rmSync(join(folder, 'LICENSE')), ['LICENSE is missing.']],
    [
      'a program that nobody asked for',
      () => write('oscar-sandbox-linux-riscv64', ''),
      ['oscar-sandbox-linux-riscv64 does not belong to a release.'],
    ],
    ['a file too many', () => write('notes.md', ''), ['notes.md does not belong to a release.']],
    ['another byte', () => write('LICENSE', 'Ours'), ['LICENSE is not what SHA256SUMS says.']],
    [
      'a sum of nothing',
      () => write('SHA256SUMS', `${readFileSync(join(folder, 'SHA256SUMS'), 'utf8')}${'0'.repeat(64)}  other\n`),
      ['SHA256SUMS has other, which is not there.'],
    ],
    [
      'a sum that is missing',
      () =>
        write('SHA256SUMS', readFileSync(join(folder, 'SHA256SUMS'), 'utf8').replace(/.* {2}LICENSE\n/, 'LICENSE\n')),
      ['SHA256SUMS has a line that sha256sum does not read: LICENSE', 'SHA256SUMS does not have LICENSE.'],
    ],
    [
      'a program for another processor',
      () => program('linux-arm64', 0o755, heads['linux-x64']),
      ['oscar-sandbox-linux-arm64 is no program for linux-arm64.'],
    ],
    [
      'a program without its mode',
      () => program('darwin-x64', 0o644),
      ['oscar-sandbox-darwin-x64 has not the mode 0755.'],
    ],
    [
      'an archive of something else',
      () => write('oscar-sandbox-linux-x64.gz', gzipSync('something else')),
      ['oscar-sandbox-linux-x64.gz does not unpack to oscar-sandbox-linux-x64.'],
    ],
    [
      'an archive that was cut',
      () => write('oscar-sandbox-linux-x64.gz', gzipSync('x'.repeat(1000)).subarray(0, 20)),
      ['oscar-sandbox-linux-x64.gz does not unpack to oscar-sandbox-linux-x64.'],
    ],
    [
      'a script without its address',
      () => write('install.sh', "releases=''\n"),
      [`install.sh downloads from “” instead of “${releases}”.`],
    ],
  ];
  it.each(faulty)('is faulty: %s', async (fault, make, problems) => {
    make();
    if (!/sum|byte/.test(fault)) sum();
    expect(await faults(folder, release)).toEqual(problems);
  });

  it('has to have the archive of its own version', async () =>
    expect(await faults(folder, { ...release, version: '1.2.4' })).toEqual([
      'oscar-sandbox-1.2.4.tgz is missing.',
      'oscar-sandbox-1.2.3.tgz does not belong to a release.',
    ]));
});

describe('what is released is started', () => {
  const says = (words: string) => write('program', `#!/bin/sh\n[ "$1" = --version ] && ${words}\n`, 0o755);
  const rows: [says: string, problem: RegExp | undefined][] = [
    ['echo 1.2.3', undefined],
    ['echo 1.2.2', /program --version says “1\.2\.2” instead of 1\.2\.3\.$/],
    ['{ echo "no libc" >&2; exit 1; }', /program does not start: no libc$/],
  ];
  it.each(rows)('a program that does `%s`', async (words, problem) => {
    says(words);
    const problems = await programProblems(join(folder, 'program'), '1.2.3');
    expect(problems).toEqual(problem ? [expect.stringMatching(problem)] : []);
  });

  it('a program finds neither a home nor another one on its way', async () => {
    says('{ [ "$(echo "$HOME"/*)" = "$HOME/*" ] && ! command -v node && echo 1.2.3; }');
    expect(await programProblems(join(folder, 'program'), '1.2.3')).toEqual([]);
  });

  const pack = (manifest: Record<string, unknown>): string => {
    mkdirSync(join(folder, 'bin'));
    write('bin/it.cjs', "#!/usr/bin/env node\nconsole.log(require('../package.json').version);\n", 0o755);
    const bin = { 'oscar-sandbox': 'bin/it.cjs' };
    write('package.json', JSON.stringify({ name: 'oscar-sandbox', version: '1.2.3', bin, ...manifest }));
    const [archive] = execFileSync('npm', ['pack', '--silent'], { cwd: folder, encoding: 'utf8' }).split('\n');
    return join(folder, archive ?? '');
  };

  it('the npm package, installed by itself', async () => {
    const archive = pack({});
    expect(await packageProblems(archive, '1.2.3')).toEqual([]);
    expect(await packageProblems(archive, '1.2.4')).toEqual([
      expect.stringMatching(/oscar-sandbox --version says “1\.2\.3” instead of 1\.2\.4\.$/),
    ]);
  });

  it('the npm package must not need another', async () => {
    const [problem] = await packageProblems(pack({ dependencies: { ms: '2.1.3' } }), '1.2.3');
    expect(problem).toContain('cannot be installed: npm error');
  });
});

describe('before a release', () => {
  const facts: Facts = {
    version: '1.2.3',
    locked: '1.2.3',
    releases,
    section: { date: '2026-01-31', text: 'News.' },
    changed: [],
    tags: ['v1.2.3'],
  };
  const rows: [what: string, more: Partial<Facts>, problems: string[]][] = [
    ['nothing is left to do', {}, []],
    ['the tag is missing', { tags: [] }, ['This commit has no tag v1.2.3: git tag v1.2.3.']],
    [
      'the tag is of another version',
      { tags: ['v1.3.0'] },
      ['This commit is tagged v1.3.0, but package.json is of 1.2.3: git tag v1.2.3.'],
    ],
    ['files are changed', { changed: ['a', 'b'] }, ['These files are changed or new: a, b. Commit or remove them.']],
    [
      'the lock file is old',
      { locked: '1.2.2' },
      ['package-lock.json is of 1.2.2, package.json of 1.2.3: npm install.'],
    ],
    [
      'the changelog has no date',
      { section: { date: 'unreleased', text: 'News.' } },
      ['CHANGELOG.md says “unreleased” for 1.2.3: write the date, as 2026-01-31.'],
    ],
    ['the changelog is empty', { section: { date: '2026-01-31', text: '' } }, ['CHANGELOG.md says nothing of 1.2.3.']],
  ];
  it.each(rows)('%s', (_what, more, problems) => expect(unmet({ ...facts, ...more })).toEqual(problems));

  it('the repository and the section of the changelog are known', () => {
    const { version, locked, changed, tags } = facts;
    expect(unmet({ version, locked, changed, tags })).toEqual([
      'package.json names no "repository", so install.sh would not know where to download from.',
      'CHANGELOG.md has no heading “## [1.2.3] - DATE”.',
    ]);
  });

  it('the facts are read from the clone', () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
    const manifest = {
      version: '1.2.3',
      repository: { type: 'git', url: 'git+https://code.example/ada/oscar-sandbox.git' },
    };
    write('package.json', JSON.stringify(manifest));
    write('package-lock.json', JSON.stringify({ version: '1.2.3' }));
    write('CHANGELOG.md', '# Changelog\n\n## [1.2.3] - 2026-01-31\n\nNews.\n');
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'all');
    git('tag', 'v1.2.3');
    expect(factsOf(folder)).toEqual(facts);
    write('new-file', '');
    write('LICENSE', '');
    expect(factsOf(folder).changed).toEqual(['LICENSE', 'new-file']);
  });
});

describe('the notes', () => {
  const changelog = [
    '# Changelog\n\n## [Unreleased]\n\n- Not yet.\n\n',
    '## [1.10.0] - 2026-02-01\n\n### Added\n\n- [Docs](docs/a.md#b) and [a page](https://example.org).\n\n',
    '## [1.1.0] - 2026-01-01\n\n- Old.\n',
  ].join('');

  it('are the section of the version', () => {
    expect(sectionOf(changelog, '1.1.0')).toEqual({ date: '2026-01-01', text: '- Old.' });
    expect(sectionOf(changelog, '1.10.0')?.text).toMatch(/^### Added\n\n- \[Docs\].*\.$/);
    expect(sectionOf(changelog, '1.1')).toBeUndefined();
    expect(sectionOf(changelog, 'Unreleased')).toBeUndefined();
  });

  it('link to the files as they are in that version', () => {
    const section = { date: '', text: '[Docs](docs/a.md#b) and [a page](https://example.org).' };
    expect(notesOf(section, 'v1.10.0', releases)).toBe(
      `[Docs](https://code.example/ada/oscar-sandbox/blob/v1.10.0/docs/a.md#b) and [a page](https://example.org).\n`,
    );
    expect(notesOf(section, 'v1.10.0')).toBe(`${section.text}\n`);
  });
});

it('a flag that the release script does not know is an error', () => {
  const script = join(import.meta.dirname, '../../scripts/release/main.ts');
  const { status, stderr } = spawnSync(process.execPath, [script, '--dry'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: Unknown option '--dry'/)]);
});
