import { importsOf, resolved, type SourceFile } from './sources.ts';

/** The files of `declare` that only read: what they tell is not yet declared. */
const reading = ['fdl', 'schema', 'fdlschema', 'scripts', 'positions'].map((name) => `declare/${name}.ts`);

/** What each place may import, beside itself: a folder (`model/`) or one file. The first place that fits a file counts. */
const table: [place: string, allowed: string[]][] = [
  ['main.ts', ['cli/', 'config.ts', 'shipped.ts', 'model/', 'daemon/', 'log.ts', 'api/protocol.ts']],
  ['config.ts', ['model/']],
  ['shipped.ts', []],
  ['log.ts', []],
  ['model/', []],
  ['store/', ['model/']],
  ['engine/', ['model/']],
  ['objects/', ['model/', 'store/', 'engine/']],
  ['executors/', ['model/', 'engine/', 'objects/buckets.ts', 'objects/elsewhere.ts']],
  ['declare/', ['model/', 'store/']],
  ['federation/', ['model/', 'store/']],
  ['reconcile/', ['model/', 'store/', 'executors/executor.ts']],
  ['invoke/', ['model/', 'store/', 'objects/buckets.ts', 'executors/executor.ts']],
  ['api/client.ts', ['model/', 'api/protocol.ts']],
  ['api/protocol.ts', ['model/']],
  ['oidc/', ['model/']],
  ['api/', ['model/', 'store/', 'declare/', 'invoke/', 'oidc/people.ts', 'objects/buckets.ts']],
  ['dashboard/', ['model/', 'api/protocol.ts']],
  [
    'daemon/',
    [
      'model/',
      'store/',
      'engine/',
      'objects/',
      'executors/',
      'declare/',
      'federation/',
      'reconcile/',
      'invoke/',
      'oidc/',
      'api/',
      'dashboard/',
      'config.ts',
      'shipped.ts',
    ],
  ],
  ['cli/', ['model/', ...reading, 'api/client.ts', 'api/protocol.ts', 'daemon/', 'config.ts', 'shipped.ts']],
];

/** `log` serves anyone but model (and itself). */
const withoutLog = ['model/', 'log.ts'];

/** Files that are stricter than their folder: they do not even see their neighbours. */
const alone = ['api/client.ts', 'api/protocol.ts'];

function refusal(from: string, to: string): string | undefined {
  const row = table.find(([place]) => from === place || (place.endsWith('/') && from.startsWith(place)));
  if (!row) return 'it stands outside the folders of the import table';
  const [place, allowed] = row;
  if (to === 'log.ts' && !withoutLog.includes(place)) return undefined;
  if (!alone.includes(place) && place.endsWith('/') && to.startsWith(place)) return undefined;
  if (allowed.some((one) => to === one || (one.endsWith('/') && to.startsWith(one)))) return undefined;
  return `${place.replace(/\/$/, '')} may import ${allowed.join(', ') || 'nothing'} alone`;
}

/** Imports of src that the table does not allow, a sentence each. */
export function againstTheTable(sources: SourceFile[]): string[] {
  return sources.flatMap((file) => {
    const from = file.path.replace(/^src\//, '');
    return importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, line }) => ({ to: resolved(file.path, specifier), line }))
      .flatMap(({ to, line }) => {
        const why = to.startsWith('src/') ? refusal(from, to.slice(4)) : 'src imports nothing outside src';
        return why && to !== 'package.json' ? [`${file.path}:${line} imports ${to}: ${why}.`] : [];
      });
  });
}

/** Rings of imports, each told once, from its first file in the alphabet. */
export function cycles(sources: SourceFile[]): string[] {
  const edges = new Map(
    sources.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolved(file.path, specifier)),
    ]),
  );
  const rings = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) rings.add(ring(trail.slice(at)));
    if (at >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of [...edges.keys()].sort()) walk(path, []);
  return [...rings];
}

function ring(files: string[]): string {
  const first = files.indexOf([...files].sort()[0] ?? '');
  const turned = [...files.slice(first), ...files.slice(0, first)];
  return `${[...turned, turned[0]].join(' → ')}: these files import each other in a circle.`;
}
