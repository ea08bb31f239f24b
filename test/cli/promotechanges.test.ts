import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../src/cli/promote/changes.ts';
import { hostIn, isLoopback } from '../../src/cli/promote/loopback.ts';
import { isBefore, versionOf } from '../../src/cli/promote/version.ts';

/** A service as OSCAR 4.1 answers it. */
const there = {
  name: 'gray',
  cluster_id: 'c',
  memory: '256Mi',
  cpu: '0.2',
  image: 'img',
  token: 'f'.repeat(64),
  log_level: 'INFO',
  input: [{ storage_provider: 'minio.default', path: 'gray/in' }],
  output: [],
  script: 'one\ntwo\nthree\n',
  expose: { min_scale: 0, max_scale: 0, cpu_threshold: 0, rewrite_target: false, health_path: '' },
  environment: { variables: { KSERVE_HOST: 'x' }, secrets: {} },
  annotations: {},
  labels: { oscar_service: 'gray', owner_name: 'oscar', applicationId: 'gray', mine: 'a' },
  storage_providers: { minio: { default: { endpoint: 'https://minio', access_key: 'hidden' } } },
  owner: 'cluster_admin',
  visibility: 'private',
  mount: { storage_provider: '', path: '' },
  volume_status: { enabled: false },
};
/** The same as a file says it. */
const wanted = {
  name: 'gray',
  cluster_id: 'c',
  image: 'img',
  input: [{ storage_provider: 'minio.default', path: '/in/' }],
  script: 'one\r\ntwo\r\nthree\r\n',
  log_level: 'info',
  environment: { variables: { KSERVE_HOST: 'x' } },
  labels: { mine: 'a' },
  storage_providers: { minio: {} },
};

const exposed = { api_port: [80], nodePort: [31234], min_scale: 0, max_scale: 0, cpu_threshold: 0 };
const s3 = (secret_key: string) => ({ s3: { us: { access_key: 'AK', secret_key, region: 'eu' } }, minio: {} });
const member = (token: string) => ({ members: [{ type: 'endpoint', url: 'u', headers: { 'X-Any': token } }] });

const rows: [what: string, now: object, then: object, changes: object[]][] = [
  ['nothing, when the rest is what a server fills in', {}, {}, []],
  ['a default that is another', { memory: '1Gi' }, {}, [{ field: 'memory', from: '1Gi', to: '256Mi' }]],
  ['a value of a map', {}, { labels: { mine: 'b' } }, [{ field: 'labels.mine', from: 'a', to: 'b' }]],
  ['a value that goes', {}, { labels: {} }, [{ field: 'labels.mine', from: 'a' }]],
  [
    'a folder',
    {},
    { output: [{ storage_provider: 'minio', path: 'gray/out' }] },
    [{ field: 'output', to: '[{"path":"gray/out","storage_provider":"minio"}]' }],
  ],
  ['no port that the cluster chose', { expose: exposed }, { expose: { api_port: [80], nodePort: [0] } }, []],
  ['no default of what is exposed', { expose: { api_port: 80 } }, { expose: { api_port: [80], max_scale: 10 } }, []],
  [
    'a port',
    { expose: exposed },
    { expose: { api_port: [81], nodePort: [31234] } },
    [{ field: 'expose.api_port', from: '[80]', to: '[81]' }],
  ],
  ['variables of 3.3', { environment: { Variables: { A: '1' } } }, { environment: { variables: { A: '1' } } }, []],
  [
    'variables, unshown whatever they are called',
    { environment: { variables: { JWT: 'old', GH_PAT: 'old', MODE: 'old', SAME: 'x' } } },
    { environment: { variables: { JWT: 'new', GH_PAT: 'new', CONN: 'new', SAME: 'x' } } },
    ['CONN', 'GH_PAT', 'JWT', 'MODE'].map((name) => ({ field: `environment.variables.${name}`, hidden: true })),
  ],
  [
    'variables of an older server, unshown',
    { environment: { Variables: { MODE: 'old' } } },
    { environment: { variables: { MODE: 'new' } } },
    [{ field: 'environment.variables.MODE', hidden: true }],
  ],
  [
    'an address without its credentials',
    { annotations: { a: 'http://a:b@old', b: 'postgres://u:pa/s@s w@old' } },
    { annotations: { a: 'http://a:b@new', b: 'postgres://u:pa/s@s w@new' } },
    [
      { field: 'annotations.a', from: 'http://…@old', to: 'http://…@new' },
      { field: 'annotations.b', from: 'postgres://…@old', to: 'postgres://…@new' },
    ],
  ],
  [
    'an address in a list without its credentials',
    { federation: { group_id: 'gray', topology: 'none', members: [{ url: 'http://a:b"/c@old', priority: 1 }] } },
    { federation: { members: [{ url: 'http://a:b"/c@new', priority: 1 }] } },
    [
      {
        field: 'federation.members',
        from: '[{"priority":1,"url":"http://…@old"}]',
        to: '[{"priority":1,"url":"http://…@new"}]',
      },
    ],
  ],
  [
    'a secret in a list that is no text, unshown',
    { federation: { group_id: 'gray', topology: 'none', members: [{ password: 1, credentials: { a: 'old' } }] } },
    { federation: { members: [{ password: 2, credentials: { a: 'new' } }] } },
    [{ field: 'federation.members', hidden: true }],
  ],
  [
    'a line of a script without the credentials in it',
    {},
    { script: 'one\ncurl https://u:pa/ss@host/x\nthree\n' },
    [{ field: 'script', lines: ['line 2:', '- two', '+ curl https://…@host/x'] }],
  ],
  [
    'what a terminal obeys, shown as what it is not',
    { labels: { mine: 'a', '\u009b2J\n+ x': 'b', '\u202ey': '\u001b]0;z\u0007' } },
    {},
    [
      { field: 'labels.�2J�+ x', from: 'b' },
      { field: 'labels.�y', from: '�]0;z�' },
    ],
  ],
  [
    'a key that every object has',
    { labels: { mine: 'a', constructor: 'b' } },
    { labels: { mine: 'a', toString: 'c' } },
    [
      { field: 'labels.constructor', from: 'b' },
      { field: 'labels.toString', to: 'c' },
    ],
  ],
  [
    'secrets, as nobody can tell whether they are others',
    { environment: { variables: {}, secrets: { PIN: '' } } },
    { environment: { secrets: { PIN: 'sesame' } } },
    [{ field: 'environment.secrets', hidden: true }],
  ],
  [
    'the names of secrets',
    { environment: { variables: {}, secrets: { PIN: '' } } },
    { environment: { secrets: { PIN: 'sesame', PUK: 'open' } } },
    [{ field: 'environment.secrets', from: '["PIN"]', to: '["PIN","PUK"]' }],
  ],
  [
    'a key of a store, unshown',
    { storage_providers: s3('old') },
    { storage_providers: s3('new') },
    [{ field: 'storage_providers.s3.us.secret_key', hidden: true }],
  ],
  [
    'headers of members, unshown',
    { federation: { group_id: 'gray', topology: 'none', ...member('old') } },
    { federation: member('new') },
    [{ field: 'federation.members', hidden: true }],
  ],
  [
    'the lines of a script',
    {},
    { script: 'one\n2\nthree\n' },
    [{ field: 'script', lines: ['line 2:', '- two', '+ 2'] }],
  ],
  [
    'few lines of a long script, without what a terminal obeys',
    {},
    { script: `one\n${'\u001b[31m\n'.repeat(9)}three\n` },
    [{ field: 'script', lines: ['line 2:', '- two', ...Array(5).fill('+ �[31m'), '+ … 4 more lines'] }],
  ],
  [
    'no owner of a bucket of their own',
    { isolation_level: 'USER', owner: 'a', allowed_users: ['b', 'a'] },
    { isolation_level: 'USER', owner: 'a', allowed_users: [' b '] },
    [],
  ],
  [
    'a volume as the server names it',
    { volume: { name: 'gray', size: '1Gi', mount_path: '/d', lifecycle_policy: 'delete' } },
    { volume: { size: '1Gi', mount_path: '/d' } },
    [],
  ],
];

describe('an update changes', () => {
  it.each(rows)('%s', (_, now, then, changes) => {
    expect(changesBetween({ ...there, ...now }, { ...wanted, ...then })).toEqual(changes);
  });
});

/** What OSCAR 4.1.2 answered; masks stand in it for what differs between two runs. */
const answered = (id: number): unknown => {
  const lines = readFileSync(join(import.meta.dirname, '../fixtures/recorded.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const row = lines.map((line) => JSON.parse(line) as { n?: number; answer: string }).find(({ n }) => n === id);
  return JSON.parse(row?.answer.replaceAll('<BOOL>', 'false') ?? 'null');
};

const hello =
  '#!/bin/sh\necho hello from $OSCAR_SERVICE_NAME\nif [ -n "$INPUT_FILE_PATH" ]; then cat "$INPUT_FILE_PATH"; fi\n';
const image = 'ghcr.io/grycap/cowsay';
const full = {
  name: 'dgz-full',
  cluster_id: 'oscar',
  ...{ memory: '1Gi', cpu: '500m', total_memory: '2Gi', total_cpu: '1', ephemeral_storage_request: '1Gi' },
  synchronous: { min_scale: 1, max_scale: 3 },
  log_level: 'critical',
  ...{ image, alpine: true, file_stage_in: true },
  input: [{ storage_provider: 'MinIO.default', path: ' /dgz-full/in/ ', suffix: ['.jpg'], prefix: ['a'] }],
  output: [{ storage_provider: 'minio', path: 'out', suffix: ['.png', '.txt'] }],
  script: '#!/bin/sh\r\necho "<&>"\r\n',
  expose: { min_scale: 0 },
  environment: { variables: { C: '3', B: '2', A: '1' } },
  annotations: { 'x.y/z': 'w' },
  ...{ vo: 'oscar', labels: { team: 'blue' }, visibility: 'restricted', allowed_users: [' u1', 'u2', ''] },
  ...{ isolation_level: 'SERVICE', bucket_list: ['dgz-zz'] },
  clusters: { c1: { endpoint: 'http://x', auth_user: 'u', auth_password: 'p', ssl_verify: true } },
  storage_providers: { minio: { default: { endpoint: 'http://localhost:9000' } } },
};
const plain = {
  ...{ name: 'dgz-a', image, script: hello },
  input: [{ storage_provider: 'minio.default', path: 'in' }],
  output: [{ storage_provider: 'minio', path: 'dgz-a/out' }],
};

describe('what OSCAR 4.1.2 made of a service', () => {
  const rows: [n: number, wanted: object, changes: object[]][] = [
    [373, full, []],
    [223, plain, []],
    [
      220,
      plain,
      [
        { field: 'memory', from: '512Mi', to: '256Mi' },
        { field: 'cpu', from: '0.5', to: '0.2' },
        { field: 'log_level', from: 'DEBUG', to: 'INFO' },
      ],
    ],
    [389, { name: 'dgz-min', image, script: hello }, [{ field: 'visibility', from: 'weird', to: 'private' }]],
  ];
  it.each(rows)('in answer %i', (n, body, changes) => {
    const now = [answered(n)].flat()[0] as Record<string, unknown>;
    expect(changesBetween(now, body as Record<string, unknown>)).toEqual(changes);
  });
});

describe('versions are compared by their numbers', () => {
  const versions: [text: string, since: string, before: boolean][] = [
    ['v3.9.9', '4.0.0', true],
    ['v3.10.0', '3.9.0', false],
    ['4.1.0', '4.1.0', false],
    ['v4.1', '4.1.0', false],
    ['v4.0.3-rc1', '4.1.0', true],
    ['devel', '4.1.0', false],
    ['', '3.0.0', false],
  ];
  it.each(versions)('%s before %s: %s', (text, since, before) => expect(isBefore(versionOf(text), since)).toBe(before));
});

describe('an address on this machine is one', () => {
  const addresses: [address: string, here: boolean][] = [
    ['http://localhost:9000', true],
    ['https://u:p@127.0.0.1/x', true],
    ['http://[::1]:9000', true],
    ['localhost:5000/me/img', true],
    ['minio.localhost', true],
    ['http://host.docker.internal:9000', true],
    ['https://localhost.example.org', false],
    ['https://127.example.org', false],
    ['ghcr.io/localhost/img', false],
  ];
  it.each(addresses)('%s: %s', (address, here) => expect(isLoopback(hostIn(address))).toBe(here));
});
