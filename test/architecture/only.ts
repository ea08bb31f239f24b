import { importsOf, lineAt, resolved, type SourceFile, withoutComments } from './sources.ts';

const wall = 300;

/** Files with more lines than a file may have. */
export const overTheWall = (sources: SourceFile[]): string[] =>
  sources
    .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > wall)
    .map(({ path, lines }) => `${path} has ${lines} lines: ${wall} is the wall, find its second job.`);

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function packageUses(sources: SourceFile[]): Map<string, string[]> {
  const uses = new Map<string, string[]>();
  for (const file of sources) {
    const names = importsOf(file)
      .map(({ specifier }) => specifier)
      .filter((s) => !s.startsWith('.') && !s.startsWith('node:'));
    for (const name of new Set(names.map(packageOf))) uses.set(name, [...(uses.get(name) ?? []), file.path]);
  }
  return uses;
}

/** Packages that are imported by more than one file, or that no package.json lists. */
export function packagesWithoutOneHome(sources: SourceFile[], listed: string[]): string[] {
  const uses = packageUses(sources);
  const shared = [...uses]
    .filter(([, files]) => files.length > 1)
    .map(([name, files]) => `${name} is imported by ${files.join(' and ')}: one file alone may.`);
  const unlisted = [...uses]
    .filter(([name]) => !listed.includes(name))
    .map(([name, files]) => `${files[0]} imports ${name}, which package.json does not list.`);
  return [...shared, ...unlisted];
}

/** Listed packages that no file imports; types and tools that are run are not meant to be. */
export function unusedPackages(sources: SourceFile[], listed: string[], tools: string[]): string[] {
  const uses = packageUses(sources);
  return listed
    .filter((name) => !uses.has(name) && !name.startsWith('@types/') && !tools.includes(name))
    .map((name) => `${name} is listed in package.json, and no file imports it.`);
}

interface Only {
  what: string;
  pattern: RegExp;
  where: (path: string) => boolean;
  rule: string;
}

const only: Only[] = [
  {
    what: 'SQL',
    pattern:
      /\.(?:prepare|pragma)\(\s*['"`]|['"`]\s*(?:select\s[^'"`]*\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|(?:create|drop|alter)\s+(?:table|index|trigger|view)\s|pragma\s)/gi,
    where: (path) => path.startsWith('src/store/'),
    rule: 'SQL stands in src/store alone',
  },
  {
    what: 'process.env',
    pattern: /\bprocess\.env\b/g,
    where: (path) => path === 'src/config.ts',
    rule: 'src/config.ts alone reads the environment',
  },
  {
    what: 'process.exit',
    pattern: /\bprocess\.exit\b/g,
    where: (path) => path === 'src/main.ts',
    rule: 'src/main.ts alone ends the process',
  },
];

/** Things that one place alone may do, done elsewhere. */
export const doneElsewhere = (sources: SourceFile[]): string[] =>
  sources.flatMap((file) => {
    const text = withoutComments(file.text);
    return only
      .filter(({ where }) => !where(file.path))
      .flatMap(({ what, pattern, rule }) =>
        [...text.matchAll(pattern)].map((hit) => `${file.path}:${lineAt(text, hit.index)} has ${what}: ${rule}.`),
      );
  });

/** Files outside `executors/` that name a concrete executor; one folder of the daemon alone chooses one. */
export const concreteExecutors = (sources: SourceFile[]): string[] =>
  sources
    .filter(({ path }) => !path.startsWith('src/executors/') && !path.startsWith('src/daemon/executors/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier, line }) => ({ to: resolved(file.path, specifier), line }))
        .filter(({ to }) => to.startsWith('src/executors/') && to !== 'src/executors/executor.ts')
        .map(
          ({ to, line }) => `${file.path}:${line} names ${to}: src/daemon/executors/ alone names concrete executors.`,
        ),
    );
