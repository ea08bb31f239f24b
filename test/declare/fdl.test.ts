import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FdlFile, loadFdl } from '../../src/declare/fdl.ts';
import { type Diagnostic, formatDiagnostic } from '../../src/declare/positions.ts';
import { resolveScripts } from '../../src/declare/scripts.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const load = (path: string): Promise<FdlFile> =>
  resolveScripts(loadFdl(readFileSync(path, 'utf8'), path), (p) => readFile(p));
const yamlIn = (folder: string) => readdirSync(join(fixtures, folder)).filter((name) => name.endsWith('.yaml'));
const tableOf = (path: string): Record<string, Partial<Diagnostic>> =>
  JSON.parse(readFileSync(join(fixtures, path), 'utf8'));

/** One service with these further lines, as a text. */
const service = (...lines: string[]) =>
  `functions:\n  oscar:\n  - local:\n      name: demo\n      image: busybox\n      script: run.sh\n${lines.map((line) => `      ${line}\n`).join('')}`;
const input = (...lines: string[]) => {
  const file = loadFdl(service(...lines), '/f/a.yaml');
  expect(file.problems).toEqual([]);
  return file.services[0]?.input;
};
const warnings = (text: string) =>
  loadFdl(text, '/f/a.yaml').warnings.map(({ line, message, hint }) => `${line}: ${message}. ${hint}`);

describe('hostile files each give their sentence', () => {
  const table = tableOf('hostile-fdl/expected.json');

  it('the table names every file', () => {
    expect(Object.keys(table)).toEqual(yamlIn('hostile-fdl'));
    expect(Object.keys(table).length).toBeGreaterThan(30);
  });

  it.each(Object.entries(table))('%s', async (name, { line, column, message = '', hint = '' }) => {
    const path = join(fixtures, 'hostile-fdl', name);
    const [first] = (await load(path)).problems;
    expect(first).toMatchObject({ file: path, line, ...(column === undefined ? {} : { column }) });
    expect(first?.message).toContain(message);
    expect(first?.hint).toContain(hint);
    expect(first?.message).not.toBe('');
    expect(first?.hint).not.toBe('');
  });
});

describe('files written for a cluster', () => {
  const broken = tableOf('fdl/broken.json');

  it.each(yamlIn('fdl').filter((name) => !(name in broken)))('%s loads', async (name) => {
    const file = await load(join(fixtures, 'fdl', name));
    expect(file.problems.map(formatDiagnostic)).toEqual([]);
    expect(file.services.length).toBeGreaterThan(0);
    for (const { input, script } of file.services) expect(input.script).toBe(script);
  });

  it.each(Object.entries(broken))('%s does not, and says why', async (name, { message = '', hint = '' }) => {
    const { problems } = await load(join(fixtures, 'fdl', name));
    expect(problems).toHaveLength(name === 'fire-detection.yaml' ? 2 : 1);
    expect(problems[0]?.message).toContain(message);
    expect(problems[0]?.hint).toContain(hint);
  });

  it('every key arrives', async () => {
    const file = await load(join(fixtures, 'fdl/hub.yaml'));
    expect(file.warnings).toEqual([]);
    expect(file.services[0]?.input).toMatchObject({
      name: 'cornell-lab',
      cluster_id: 'oscar-cluster',
      memory: '4Gi',
      cpu: '2.0',
      total_cpu: '4',
      ephemeral_storage_request: '2Gi',
      image_prefetch: true,
      image_pull_secrets: ['registry'],
      log_level: 'debug',
      annotations: { 'ai.example/title': 'Lab' },
      labels: { team: '7' },
      allowed_users: ['one@example.test', 'two@example.test'],
      isolation_level: 'USER',
      synchronous: { min_scale: 0, max_scale: 5 },
      environment: { variables: { MODE: 'fast' }, secrets: { TOKEN: 'x' } },
      expose: { api_port: [8080, 9090], nodePort: [0, 0], set_auth: true, health_path: '/up' },
      mount: { path: 'lab/notebooks', options: '--read-only' },
      volume: { name: 'lab', size: '2Gi', mount_path: '/data', lifecycle_policy: 'retain' },
      federation: { topology: 'star', members: [{ type: 'endpoint', priority: 1, headers: { 'X-Key': '1' } }] },
    });
  });

  it('what the visual editor writes', async () => {
    const file = await load(join(fixtures, 'fdl/composer.yaml'));
    expect(file.warnings.map(({ message }) => message)).toEqual(['`functions.aws` is skipped']);
    expect(file.services[0]).toMatchObject({
      clusterId: 'oscar-intertwin',
      line: 3,
      input: {
        environment: { variables: { QUALITY: '90', VERBOSE: 'true' } },
        storage_providers: { minio: { extra: { endpoint: 'https://minio.example.test', verify: true } } },
      },
    });
  });

  it('providers and clusters of the file belong to every service', async () => {
    const file = await load(join(fixtures, 'fdl/fish-detector-replicas.yaml'));
    expect(file.services[0]?.input.clusters?.['oscar-eu']?.endpoint).toBe('https://eu.oscar.test');
    expect(file.services[0]?.input.storage_providers?.minio?.['oscar-eu']?.region).toBe('us-east-1');
    expect(file.warnings.map(({ message }) => message)).toEqual([
      'the key “replicas” is ignored',
      'the key “delegation” is ignored',
      'the key “rescheduler_threshold” is ignored',
    ]);
  });
});

describe('scalars become what oscar-cli makes of them', () => {
  it.each([
    ['cpu: 1.0', { cpu: '1' }],
    ['cpu: 1.50', { cpu: '1.5' }],
    ['cpu: 2', { cpu: '2' }],
    ['cpu: 1e3', { cpu: '1e3' }],
    ['vo: yes', { vo: 'yes' }],
    ['vo: ~', { vo: '' }],
    ['vo: "007"', { vo: '007' }],
    ['vo: 007', { vo: '007' }],
    ['vo: 2024-01-02', { vo: '2024-01-02' }],
    ['vo: !!str 1.50', { vo: '1.50' }],
    ['alpine: True', { alpine: true }],
    ['synchronous: {max_scale: 3.0}', { synchronous: { max_scale: 3 } }],
    [
      'environment: {Variables: {A: false, B: 3, C: 1.5, D: }}',
      { environment: { variables: { A: 'false', B: '3', C: '1.5', D: '' } } },
    ],
    ['environment: {VARIABLES: {A: 1}, variables: {B: 2}}', { environment: { variables: { A: '1', B: '2' } } }],
    ['expose: {api_port: 80, nodePort: 0}', { expose: { api_port: [80], nodePort: [] } }],
    ['expose: {api_port: [80, 81]}', { expose: { api_port: [80, 81] } }],
    ['labels: {constructor: x, toString: 1}', { labels: { constructor: 'x', toString: '1' } }],
    ['labels: ', {}],
    ['volume: ', {}],
    ['input: ', {}],
    ['storage_providers: {minio: {a: {}}}', {}],
    [
      'kserve: {type: x, storage_uri: y, args: [1, true, ~, {a: b}]}',
      { kserve: { type: 'x', storage_uri: 'y', args: [1, true, null, { a: 'b' }] } },
    ],
  ])('%s', (line, expected) => {
    expect(input(line)).toEqual({ name: 'demo', cluster_id: 'local', image: 'busybox', script: 'run.sh', ...expected });
  });
});

describe('the form of the file', () => {
  it('several services a file and several keys an entry', () => {
    const text = `${service()}    other:\n      name: two\n      image: i\n      script: s\n  - third: {name: three, image: i, script: s}\n`;
    const file = loadFdl(text, '/f/a.yaml');
    expect(file.services.map((s) => `${s.clusterId} ${s.input.name} ${s.line}`)).toEqual([
      'local demo 3',
      'other two 7',
      'third three 11',
    ]);
  });

  it('anchors and merge keys', () => {
    const text = `base: &base\n  memory: 1Gi\n  cpu: 1\n${service('<<: *base', 'cpu: 2')}`;
    const file = loadFdl(text, '/f/a.yaml');
    expect(file.services[0]?.input).toMatchObject({ memory: '1Gi', cpu: '2' });
    expect(file.warnings).toEqual([]);
    const many = loadFdl(`x-a: &a {cpu: 1}\nx-b: &b {cpu: 2, memory: 1Gi}\n${service('<<: [*a, *b]')}`, '/f/a.yaml');
    expect(many.services[0]?.input).toMatchObject({ memory: '1Gi', cpu: '1' });
  });

  it('CRLF, a byte order mark and a document mark', () => {
    const file = loadFdl(`\uFEFF---\n${service('cpu: [1]')}`.replaceAll('\n', '\r\n'), '/f/a.yaml');
    expect(file.problems[0]).toMatchObject({ line: 8, column: 12, snippet: '      cpu: [1]' });
  });

  it('scripts are sought from the folder of the file', () => {
    const at = (script: string) => loadFdl(service().replace('run.sh', script), '/f/g/a.yaml').services[0]?.scriptPath;
    expect([at('a/b.sh'), at('../b.sh'), at('/b.sh')]).toEqual(['/f/g/a/b.sh', '/f/b.sh', '/f/g/b.sh']);
  });

  it('a script may be written into the file', async () => {
    const text = service().replace('run.sh', '|\n        echo one\n        echo two');
    const file = await resolveScripts(loadFdl(text, '/f/a.yaml'), () => Promise.reject(new Error('nothing to read')));
    expect(file.problems).toEqual([]);
    expect(file.services[0]?.input.script).toBe('echo one\necho two\n');
    expect(file.warnings[0]?.hint).toContain('oscar-cli takes a path only');
  });

  it('all problems of a file are told, in the order of its lines', () => {
    const file = loadFdl(service('cpu: [1]', 'alpine: 1', 'memory: {}'), '/f/a.yaml');
    expect(file.problems.map(({ line }) => line)).toEqual([7, 8, 9]);
  });

  it('a diagnostic reads like that of a compiler', () => {
    const [problem] = loadFdl(service('vo: [me]'), '/f/a.yaml').problems;
    expect(problem && formatDiagnostic(problem)).toBe(
      '/f/a.yaml:7:11: “vo” must be text, not a list\n        vo: [me]\n            ^\n  Write `vo: me`, without the brackets.',
    );
  });
});

describe('what is only worth a warning', () => {
  it.each([
    ['memmory: 1Gi', '7: the key “memmory” is not known and ignored. Did you mean “memory”?'],
    [
      'minScale: 1',
      '7: the key “minScale” is not known and ignored. Known here: name, cluster_id, memory, cpu, total_memory, total_cpu, ephemeral_storage_request, enable_gpu, enable_sgx, image_prefetch, synchronous, federation, ….',
    ],
    ['Memory: 1Gi', '7: the key “Memory” is not known and ignored. Did you mean “memory”?'],
    ['synchronous: {maxScale: 1}', '7: the key “maxScale” is not known and ignored. Did you mean “max_scale”?'],
    ['imagePullSecrets: [a]', '7: the key “imagePullSecrets” is ignored. OSCAR reads `image_pull_secrets`.'],
    ['image_rules: {}', '7: the key “image_rules” is ignored. OSCAR has no such rule any more.'],
    [
      'log_level: LOUD',
      '7: log_level “LOUD” is not known and becomes INFO. Write one of NOTSET, DEBUG, INFO, WARNING, ERROR, CRITICAL.',
    ],
    ['memory: 256', '7: memory “256” is less than one MiB. Did you mean 256Mi?'],
    ['visibility: secret', '7: visibility “secret” is not known. Write one of private, restricted, public.'],
    [
      'environment: {variables: {PY: 3.10}}',
      '7: 3.10 is a number here and becomes “3.1”. Write "3.10" in quotes to keep it.',
    ],
    [
      'clusters: {}',
      '7: the key “clusters” is ignored. Write it at the top of the file, beside `functions`: it holds for every service of the file.',
    ],
  ])('%s', (line, expected) => {
    expect(warnings(service(line))).toEqual([expected]);
    expect(loadFdl(service(line), '/f/a.yaml').problems).toEqual([]);
  });

  it('a second document, an unknown block and functions of SCAR', () => {
    const { warnings } = loadFdl(`${service()}  aws: []\nstorage_provider: {}\n---\na: 1\n`, '/f/a.yaml');
    expect(warnings.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '7: `functions.aws` is skipped',
      '8: the key “storage_provider” is not known and ignored',
      '10: only the first document of the file is read',
    ]);
  });
});
