import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeclare, type Declare } from '../../src/declare/declare.ts';
import type { DefinitionInput } from '../../src/declare/schema.ts';
import type { SandboxError } from '../../src/model/errors.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { written } from '../fakes/definitions.ts';

let db: Database;
let store: Store;
let declare: Declare;
let said: string[];

beforeEach(() => {
  db = openDatabase(':memory:');
  store = createStore(
    db,
    createLogs('/nonexistent', { now: () => 0, maxBytes: 1, onFailure: () => undefined }),
    '/nonexistent',
  );
  said = [];
  const minio = {
    endpoint: 'http://127.0.0.1:9000',
    verify: false,
    access_key: 'hidden',
    secret_key: 'hidden',
    region: 'us-east-1',
  };
  declare = createDeclare({
    store,
    minio: () => minio,
    provision: {
      check: () => undefined,
      claim: async ({ input }) => [...new Set(input.map((io) => io.path.split('/')[0] ?? ''))],
      settle: async () => undefined,
      listen: async ({ name }) => void said.push(`listen ${name}`),
      release: async (service, buckets) => void said.push(`release ${service}: ${buckets.join(' ')}`),
    },
    forget: async (service) => void said.push(`forget ${service}`),
    nudge: () => said.push('nudge'),
    onDeclared: (service) => said.push(`declared ${service.name} ${service.version}`),
    onRemoved: (name) => said.push(`removed ${name}`),
    onFailed: (name) => said.push(`failed ${name}`),
    now: () => 1,
  });
});
afterEach(() => db.close());

const api = { kind: 'api' } as const;
const input = (path: string) => ({ storage_provider: 'minio.default', path });
const failure = (work: Promise<unknown>): Promise<SandboxError> =>
  work.then(
    () => Promise.reject(new Error('it was accepted')),
    (error) => error,
  );

describe('what OSCAR refuses is refused with its sentence', () => {
  const prefix = 'The service specification is not valid: ';
  const rows: [string, Partial<DefinitionInput>, string, string][] = [
    [
      'no name',
      { name: '' },
      'invalid',
      `${prefix}Key: 'Service.Name' Error:Field validation for 'Name' failed on the 'required' tag`,
    ],
    [
      'a name of 40',
      { name: 'd'.repeat(40) },
      'invalid',
      `${prefix}Key: 'Service.Name' Error:Field validation for 'Name' failed on the 'max' tag`,
    ],
    [
      'no script',
      { script: '' },
      'invalid',
      `${prefix}Key: 'Service.Script' Error:Field validation for 'Script' failed on the 'required' tag`,
    ],
    ['an empty input path', { input: [input(' / ')] }, 'invalid', 'input path cannot be empty'],
    ['an empty output path', { output: [input('')] }, 'invalid', 'output path cannot be empty'],
    ['a volume without a path', { volume: { size: '1Gi' } }, 'invalid', `${prefix}volume.mount_path is required`],
    [
      'a volume without name and size',
      { volume: { mount_path: '/d' } },
      'invalid',
      `${prefix}volume.name is required when volume.size is not set`,
    ],
    [
      'a volume in a reserved place',
      { volume: { size: '1Gi', mount_path: '/oscar/bin/x' } },
      'invalid',
      `${prefix}volume.mount_path cannot overlap OSCAR reserved paths`,
    ],
    [
      'a policy without a size',
      { volume: { name: 'v', mount_path: '/d', lifecycle_policy: 'retain' } },
      'invalid',
      `${prefix}volume.lifecycle_policy is only valid when volume.size is set`,
    ],
    [
      'no quantity as memory',
      { memory: 'lots' },
      'rejected',
      "Error creating the service: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'a name Kubernetes refuses',
      { name: 'Bad_Name' },
      'rejected',
      'Error creating the service: ConfigMap "Bad_Name" is invalid',
    ],
    [
      'an unknown way to authenticate',
      { expose: { api_port: [80], set_auth: true, auth_type: 'magic' } },
      'rejected',
      `Error creating the service: error creating route for exposed service 'demo': unsupported expose auth_type "magic"`,
    ],
    [
      'ports that do not pair',
      { expose: { api_port: [80], nodePort: [1, 2] } },
      'rejected',
      'Error creating the service: The length of nodePort (2) must be equal to that of api_port (1)',
    ],
    [
      'members without a refresh token',
      { federation: { members: [{ type: 'oscar' }] } },
      'invalid',
      'refresh_token secret is required for federated services',
    ],
  ];
  it.each(rows)('%s', async (_what, change, code, sentence) => {
    const error = await failure(declare.create(written(change), api));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expect(store.services.list()).toEqual([]);
  });
});

describe('create', () => {
  it('fills in what OSCAR fills in', async () => {
    const { definition } = await declare.create(
      written({ input: [input('/demo/in/'), input('pictures')], log_level: 'loud' }),
      api,
    );
    expect(definition).toMatchObject({
      memory: '256Mi',
      cpu: '0.2',
      log_level: 'INFO',
      visibility: 'private',
      owner: 'cluster_admin',
      namespace: 'oscar-svc',
      input: [input('demo/in'), input('demo/pictures')],
      labels: {
        applicationId: 'demo',
        'oscar.grycap/user-service': 'true',
        oscar_service: 'demo',
        owner_name: 'oscar',
        queue: 'root.oscar-queue.demo',
      },
    });
    expect(definition.token).toMatch(/^[0-9a-f]{64}$/);
    expect(said).toEqual(['listen demo', 'declared demo 1', 'nudge']);
  });

  it('keeps secrets apart and shows only their names', async () => {
    const service = await declare.create(
      written({ environment: { variables: { A: '1' }, secrets: { KEY: 'x' } } }),
      api,
    );
    expect(service.definition.environment).toEqual({ variables: { A: '1' }, secrets: { KEY: '' } });
    expect(service.secrets).toEqual({ KEY: 'x' });
  });

  it('refuses a name that is taken, one with secrets as a conflict', async () => {
    const secret = { environment: { secrets: { KEY: 'x' } } };
    await declare.create(written(secret), api);
    expect(await failure(declare.create(written(), api))).toMatchObject({
      code: 'invalid',
      message: 'A service with the provided name already exists',
    });
    expect(await failure(declare.create(written(secret), api))).toMatchObject({
      code: 'conflict',
      message: 'A secret with the given name already exists',
    });
  });

  it('makes one of two that come at once', async () => {
    const both = await Promise.allSettled([declare.create(written(), api), declare.create(written(), api)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('gives an exposed service the documented scales where none are given', async () => {
    const { definition } = await declare.create(written({ expose: { api_port: [8080] } }), api);
    expect(definition.expose).toMatchObject({ min_scale: 1, max_scale: 10, cpu_threshold: 80, api_port: [8080] });
  });

  it('refuses an image that is not allowed', async () => {
    await store.settings.set('allowed_image_repositories', ['ghcr.io']);
    expect(await failure(declare.create(written(), api))).toMatchObject({
      code: 'rejected',
      message: 'Error creating the service: image docker.io/library/alpine is not allowed for pull on the cluster',
    });
  });
});

describe('update', () => {
  it('keeps the token, and the secrets when none are given; replaces everything else', async () => {
    const before = await declare.create(written({ memory: '1Gi', environment: { secrets: { KEY: 'x' } } }), api);
    const after = await declare.update(written({ script: 'echo 2' }), api);
    expect(after).toMatchObject({
      version: 2,
      secrets: { KEY: 'x' },
      definition: { token: before.definition.token, memory: '256Mi', owner: '' },
    });
  });

  it('replaces the secrets by those given', async () => {
    await declare.create(written({ environment: { secrets: { KEY: 'x' } } }), api);
    expect((await declare.update(written({ environment: { secrets: { OTHER: 'y' } } }), api)).secrets).toEqual({
      OTHER: 'y',
    });
  });

  it('refuses an unknown name, and a volume that changes', async () => {
    expect(await failure(declare.update(written(), api))).toMatchObject({ code: 'not-found' });
    await declare.create(written({ volume: { size: '1Gi', mount_path: '/data/' } }), api);
    const moved = await failure(declare.update(written({ volume: { size: '1Gi', mount_path: '/data' } }), api));
    expect(moved.message).toBe('volume updates are not supported after service creation');
  });
});

describe('remove', () => {
  it('takes the buckets that the service made, but for those another one uses', async () => {
    await declare.create(written({ input: [input('mine/in'), input('shared/in')] }), api);
    await declare.create(written({ name: 'other', input: [input('shared/in')] }), api);
    said = [];
    await declare.remove('demo', { buckets: true });
    expect(said).toEqual(['nudge', 'forget demo', 'release demo: mine', 'removed demo']);
    expect(store.services.get('demo')).toBeUndefined();
  });

  it('leaves the buckets that an update took from it', async () => {
    await declare.create(written({ input: [input('before/in')] }), api);
    await declare.update(written({ input: [input('after/in')] }), api);
    await declare.remove('demo', { buckets: true });
    expect(said).toContain('release demo: after');
  });

  it('leaves every bucket when a file is withdrawn', async () => {
    await declare.create(written({ input: [input('mine/in')] }), api);
    await declare.remove('demo', { buckets: false });
    expect(said).toContain('release demo: ');
  });

  it('of a file does nothing once the service was declared elsewhere', async () => {
    await declare.create(written(), { kind: 'file', path: '/a.yaml' });
    const [moved] = await Promise.all([
      declare.apply(written({ memory: '1Gi' }), { kind: 'file', path: '/b.yaml' }),
      declare.remove('demo', { buckets: false, from: '/a.yaml' }),
    ]);
    expect(moved.version).toBe(2);
    expect(store.services.get('demo')).toMatchObject({ version: 2, source: { path: '/b.yaml' } });
    await declare.remove('demo', { buckets: false, from: '/b.yaml' });
    await declare.remove('demo', { buckets: false, from: '/b.yaml' });
    expect(store.services.list()).toEqual([]);
  });
});

it('what is applied while it is being removed is there afterwards', async () => {
  await declare.create(written(), api);
  await Promise.all([declare.remove('demo', { buckets: false }), declare.apply(written(), api)]);
  expect(store.services.get('demo')?.version).toBe(2);
});
