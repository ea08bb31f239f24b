import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUser, fdl, startStandIn } from './promotescene.ts';

let user: ReturnType<typeof createUser>;
beforeEach(() => {
  user = createUser();
});
afterEach(() => user.remove());

const all = `
environment:
  variables:
    MODE: fast
  secrets:
    PIN: hidden-1234
expose:
  api_port: [8080, 9090]
  nodePort: 0
  min_scale: 2
  auth_type: basic
  probe_mode: direct
visibility: public
isolation_level: SERVICE
bucket_list: [one]
ephemeral_storage_request: 1Gi
volume:
  size: 1Gi
  mount_path: /data
federation:
  topology: star
  delegation: random
  members:
    - type: endpoint
      url: https://x.example.org
token: written
owner: written
namespace: written`;

/** What every version gets. */
const common = {
  name: 'full',
  image: 'docker.io/library/busybox',
  script: '#!/bin/sh\necho hi\n',
  cluster_id: 'c',
  storage_providers: { minio: {} },
};
const members = [{ type: 'endpoint', url: 'https://x.example.org' }];
const flat = { replicas: members, delegation: 'random' };
const variables = { MODE: 'fast' };
const secrets = { PIN: 'hidden-1234' };
const multitenant = { visibility: 'public', isolation_level: 'SERVICE', bucket_list: ['one'] };
const volume = { size: '1Gi', mount_path: '/data' };
const newest = {
  ...common,
  ...multitenant,
  volume,
  environment: { variables, secrets },
  expose: { api_port: [8080, 9090], nodePort: [], min_scale: 2, auth_type: 'basic', probe_mode: 'direct' },
  ephemeral_storage_request: '1Gi',
  federation: { topology: 'star', delegation: 'random', members },
};

const versions: [version: string, body: object, left: string[]][] = [
  [
    'v3.3.0',
    { ...common, ...flat, environment: { Variables: variables }, expose: { api_port: 8080, min_scale: 2 } },
    [
      'environment.secrets',
      'visibility',
      'isolation_level',
      'bucket_list',
      'volume',
      'expose.probe_mode',
      'expose.auth_type',
      'ephemeral_storage_request',
      'federation.topology',
      'expose.api_port but for the first',
    ],
  ],
  [
    'v3.5.2',
    { ...common, ...flat, environment: { variables, secrets }, expose: { api_port: 8080, min_scale: 2 } },
    [
      'visibility',
      'isolation_level',
      'bucket_list',
      'volume',
      'expose.probe_mode',
      'expose.auth_type',
      'ephemeral_storage_request',
      'federation.topology',
      'expose.api_port but for the first',
    ],
  ],
  [
    'v4.0.1',
    {
      ...common,
      ...flat,
      ...multitenant,
      volume,
      environment: { variables, secrets },
      expose: { api_port: 8080, min_scale: 2, probe_mode: 'direct' },
    },
    ['expose.auth_type', 'ephemeral_storage_request', 'federation.topology', 'expose.api_port but for the first'],
  ],
  ['v4.1.2', newest, []],
  ['devel', newest, []],
];

describe('a service is sent in the shape of the server, and what that does not know is left out with a warning each', () => {
  it.each(versions)('%s', async (version, body, left) => {
    const cluster = await startStandIn({ version });
    user.knows({ c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true } });
    user.write('f/full.yaml', fdl({ full: all }));
    user.write('f/script.sh', '#!/bin/sh\necho hi\n');
    const { code, stderr } = await user.promote('f --yes');
    await cluster.close();
    expect(stderr).not.toContain('error:');
    expect(code).toBe(0);
    expect(cluster.sent()).toEqual(['POST full']);
    expect(JSON.parse(cluster.asked.at(-1)?.body ?? '')).toEqual(body);
    expect([...stderr.matchAll(/does not know (.*), which/g)].map(([, key]) => key)).toEqual(left);
  });
});

const folder = (path: string) => `\n  - storage_provider: minio.default\n    path: ${path}`;
const chain = fdl({
  first: `input:${folder('aaa/in')}\noutput:${folder('bbb/in')}`,
  second: `input:${folder('bbb/in')}\noutput:${folder('ccc/in')}${folder('bbb/kept')}`,
  third: `input:${folder('ccc/in')}`,
});

const orders: [version: string, there: object[], sent: string[]][] = [
  ['v3.5.0', [], ['POST third', 'POST second', 'POST first']],
  ['v3.6.0', [], ['POST third', 'POST second', 'PUT second', 'POST first', 'PUT first']],
  ['v4.1.2', [], ['POST third', 'POST second', 'PUT second', 'POST first', 'PUT first']],
  ['v4.1.2', [{ name: 'second', owner: 'ada' }], ['POST third', 'PUT second', 'POST first', 'PUT first']],
];

describe('of a chain the last service is made first, and no service is made over a bucket of another', () => {
  it.each(orders)('%s %j', async (version, services, sent) => {
    const cluster = await startStandIn({ version, services });
    user.knows({ c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true } });
    user.write('f/chain.yaml', chain);
    user.write('f/script.sh', '#!/bin/sh\n:\n');
    expect((await user.promote('f --yes')).code).toBe(0);
    await cluster.close();
    expect(cluster.sent()).toEqual(sent);
    const firsts = cluster.asked.filter(({ method, body }) => method !== 'GET' && JSON.parse(body).name === 'first');
    const outputs = firsts.map(({ body }) => JSON.parse(body).output.length);
    expect(outputs).toEqual(version === 'v3.5.0' ? [1] : [0, 1]);
  });
});

const ins = (...paths: string[]) => paths.map((path) => ({ storage_provider: 'minio', path }));
const shared: [what: string, there: object[], said: string[]][] = [
  ['nobody has', [], []],
  [
    'another service has',
    [{ name: 'x', output: ins('aaa/out') }],
    [
      'first: another service has its input bucket aaa, and OSCAR since 3.6 makes no service over a bucket that is there.',
    ],
  ],
  ['the service itself has', [{ name: 'first', input: ins('aaa/in') }], []],
  [
    'the service itself has for another folder',
    [{ name: 'first', input: ins('aaa/other') }],
    [
      'first: its new input aaa/in is in a bucket that is there, and OSCAR does not listen to what an update adds to one.',
    ],
  ],
];
it.each(shared)(
  'an input bucket that %s is told of before anything is sent, if it does not work',
  async (_, services, said) => {
    const cluster = await startStandIn({ services });
    user.knows({ c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true } });
    user.write('f/chain.yaml', chain);
    user.write('f/script.sh', '#!/bin/sh\n:\n');
    const { stderr } = await user.promote('f --dry-run');
    await cluster.close();
    expect([...stderr.matchAll(/^warning: (.*)$/gm)].map(([, text]) => text)).toEqual(said);
    expect(cluster.sent()).toEqual([]);
  },
);

const given: [owner: string, sent: string][] = [
  ['ada', 'ada'],
  ['', 'cluster_admin'],
];
it.each(given)('an update keeps what the cluster gave to a service that belongs to “%s”', async (owner, sent) => {
  const labels = { owner_name: 'Ada', uid: '1', queue: 'root.oscar-queue.first', old: 'gone' };
  const services = [{ name: 'one', owner, vo: 'some', bucket_list: ['one-ada'], token: 'x', namespace: 'n', labels }];
  const cluster = await startStandIn({ services });
  user.knows({ c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true } });
  user.write('f/one.yaml', fdl({ one: 'labels: { mine: yes }' }));
  user.write('f/script.sh', ':\n');
  expect((await user.promote('f --yes')).code).toBe(0);
  await cluster.close();
  expect(JSON.parse(cluster.asked.at(-1)?.body ?? '')).toEqual({
    ...{
      name: 'one',
      image: 'docker.io/library/busybox',
      script: ':\n',
      cluster_id: 'c',
      storage_providers: { minio: {} },
    },
    ...{ owner: sent, vo: 'some', bucket_list: ['one-ada'], labels: { owner_name: 'Ada', uid: '1', mine: 'yes' } },
  });
});
