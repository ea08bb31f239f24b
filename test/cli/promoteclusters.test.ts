import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createUser, fdl, startStandIn } from './promotescene.ts';

let cluster: Awaited<ReturnType<typeof startStandIn>>;
let issuer: Awaited<ReturnType<typeof startStandIn>>;
const token = '/realms/egi/protocol/openid-connect/token';
let refusing = false;
beforeAll(async () => {
  cluster = await startStandIn({});
  issuer = await startStandIn({
    replies: {
      get [`POST ${token}`]() {
        return refusing ? { status: 400, body: { error: 'invalid_grant' } } : { body: { access_token: 'fresh.one' } };
      },
    },
  });
});
afterAll(() => Promise.all([cluster.close(), issuer.close()]));

let user: ReturnType<typeof createUser>;
beforeEach(() => {
  user = createUser();
  cluster.asked.length = 0;
  issuer.asked.length = 0;
  refusing = false;
  user.write('f/one.yaml', fdl({ one: '' }));
  user.write('f/script.sh', '#!/bin/sh\n:\n');
});
afterEach(() => user.remove());

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const refresh = () =>
  `${part({ alg: 'none' })}.${part({ iss: `${issuer.endpoint.replace('127.0.0.1', 'localhost')}/realms/egi`, azp: 'portal', scope: 'openid email' })}.x`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const all = () => [...new Set(cluster.asked.map(({ authorization }) => authorization))];

describe('who asks is told as oscar-cli would', () => {
  it('name and password, which may look like a number', async () => {
    user.knows({ c: { endpoint: `${cluster.endpoint}/`, auth_user: 'ada', auth_password: '0123', ssl_verify: true } });
    expect((await user.promote('f --yes')).code).toBe(0);
    expect(all()).toEqual([basic('ada:0123')]);
    expect(cluster.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /system/info',
      'GET /system/services',
      'POST /system/services',
    ]);
  });

  it('a refresh token goes to its issuer alone, and what comes back to the cluster', async () => {
    user.knows({
      c: { endpoint: cluster.endpoint, auth_user: 'ada', oidc_refresh_token: refresh(), ssl_verify: true },
    });
    expect((await user.promote('f --yes')).code).toBe(0);
    expect(all()).toEqual(['Bearer fresh.one']);
    const form = Object.fromEntries(new URLSearchParams(issuer.asked[0]?.body));
    expect(form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: refresh(),
      client_id: 'portal',
      scope: 'openid email',
    });
    expect(issuer.asked[0]?.authorization).toBe('');
  });

  it('a refresh token that its issuer no longer takes is told, and never shown', async () => {
    refusing = true;
    user.knows({ c: { endpoint: cluster.endpoint, oidc_refresh_token: refresh(), ssl_verify: true } });
    const ended = await user.promote('f --yes');
    expect(ended.stderr).toContain('The refresh token of c is no longer taken by localhost:');
    expect(ended.stderr).not.toContain(refresh());
    expect(ended.code).toBe(5);
    expect(cluster.asked).toEqual([]);
  });

  it('an account of oidc-agent needs its token handed in', async () => {
    user.knows({ c: { endpoint: cluster.endpoint, oidc_account_name: 'egi', ssl_verify: true } });
    const without = await user.promote('f --yes');
    expect(without.stderr).toContain('OSCAR_SANDBOX_TOKEN="$(oidc-token egi)" oscar-sandbox promote');
    expect(without.code).toBe(5);
    expect((await user.promote('f --yes', { env: { OSCAR_SANDBOX_TOKEN: 'handed.in\n' } })).code).toBe(0);
    expect((await user.promote('f --dry-run --token said')).code).toBe(0);
    expect(all()).toEqual(['Bearer handed.in', 'Bearer said']);
  });

  it('nobody is told as such', async () => {
    user.knows({ c: { endpoint: cluster.endpoint, ssl_verify: true } });
    const ended = await user.promote('f');
    expect(ended.stderr).toContain('has no credentials for c.');
    expect(ended.code).toBe(5);
  });
});

const config = '.oscar-cli/config.yaml';
const entry = (name: string) =>
  `  ${name}:\n    endpoint: http://127.0.0.1:1\n    auth_user: u\n    auth_password: sesame\n`;
const files: [what: string, text: string | undefined, args: string, code: number, said: string][] = [
  [
    'missing',
    undefined,
    'f',
    4,
    'There is no configuration of oscar-cli at HOME/.oscar-cli/config.yaml.\nhint: Write one with',
  ],
  ['empty', '', 'f', 2, 'has no default cluster, so --cluster NAME has to say which.\nhint: Add one with'],
  [
    'without a default',
    `oscar:\n${entry('a')}${entry('b')}`,
    'f',
    2,
    'has to say which.\nhint: Clusters there are a, b.\n',
  ],
  [
    'without that cluster',
    `oscar:\n${entry('a')}default: a\n`,
    'f -c b',
    4,
    'knows no cluster b.\nhint: Clusters there are a (the default).',
  ],
  ['with a default that is gone', `oscar:\n${entry('a')}default: b\n`, 'f', 4, 'knows no cluster b.'],
  ['with a property of all objects', `oscar:\n${entry('a')}`, 'f -c constructor', 4, 'knows no cluster constructor.'],
  ['that is no YAML', `oscar:\n${entry('a')}   : "sesame\n`, 'f', 2, 'HOME/.oscar-cli/config.yaml:'],
  ['of another form', 'oscar: [sesame]\n', 'f', 2, 'HOME/.oscar-cli/config.yaml:1:8: “oscar” must be a mapping.'],
  [
    'with an endpoint that is none',
    'oscar:\n  a:\n    endpoint: example.org\ndefault: a\n',
    'f',
    2,
    'is not the address of a server.\nhint: Write it as https://HOST',
  ],
];

describe('a configuration of oscar-cli', () => {
  it.each(files)('%s', async (_, text, args, code, said) => {
    if (text !== undefined) user.write(config, text);
    const ended = await user.promote(args);
    expect(ended.stderr).toContain(said.replace('HOME', user.home));
    expect(ended.stderr).not.toContain('sesame');
    expect(ended.code).toBe(code);
  });

  it('may be in JSON and elsewhere', async () => {
    const oscar = { c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p"q', ssl_verify: true } };
    const file = user.write('clusters.json', JSON.stringify({ oscar, default: 'c' }, undefined, 2));
    expect((await user.promote(`f --config ${file} --dry-run`)).code).toBe(0);
    expect(all()).toEqual([basic('u:p"q')]);
  });

  it('that may not be read is told', async () => {
    const file = user.write(config, 'oscar: {}');
    chmodSync(file, 0);
    const ended = await user.promote('f');
    // Whoever is root reads it all the same.
    expect(ended.stderr).toMatch(process.getuid?.() === 0 ? /no default cluster/ : /cannot be read: EACCES/);
    expect(ended.code).toBe(2);
  });
});

describe('a file', () => {
  const knows = () =>
    user.knows({
      near: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true },
      far: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true },
    });
  const two = (first: string, second: string) =>
    `${fdl({ one: 'memory: 1Gi' }, first)}${fdl({ one: 'memory: 2Gi', two: '' }, second).split('\n').slice(2).join('\n')}`;
  const memories = () =>
    cluster.asked
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => {
        const { name, memory, cluster_id } = JSON.parse(body);
        return `${name} ${memory} ${cluster_id}`;
      });

  const sections: [text: string, args: string, sent: string[]][] = [
    [two('near', 'far'), '-c near', ['one 1Gi near']],
    [two('near', 'far'), '-c far', ['one 2Gi far', 'two undefined far']],
    [two('default-cluster', 'far'), '', ['one 1Gi near']],
    [two('default-cluster', 'far'), '-c far', ['one 2Gi far', 'two undefined far']],
    [fdl({ one: 'memory: 1Gi', two: '' }, 'unknown'), '-c far', ['one 1Gi far', 'two undefined far']],
  ];
  it.each(sections)('of several clusters sends what is written for the one %#', async (text, args, sent) => {
    knows();
    user.write('f/one.yaml', text);
    expect((await user.promote(`f ${args} --yes`)).code).toBe(0);
    expect(memories()).toEqual(sent);
  });

  it('that is written for another cluster is told of', async () => {
    knows();
    const path = user.write('f/one.yaml', fdl({ one: '' }, 'far'));
    const { stderr } = await user.promote('f --dry-run');
    expect(stderr).toContain(`warning: ${path}:3: one is written for the cluster far, and would go to near.\n`);
  });

  const bad: [what: string, files: Record<string, string>, args: string, said: string][] = [
    [
      'with a mistake',
      { 'f/bad.yaml': fdl({ bad: 'cpu: lots' }) },
      'f',
      'f/bad.yaml:7:14: “lots” is not an amount of cpu',
    ],
    ['without its script', { 'f/x/bad.yaml': fdl({ bad: '' }) }, 'f', 'f/x/bad.yaml:6:17: cannot load the script'],
    [
      'with a name of another',
      { 'f/two.yaml': fdl({ one: '' }) },
      'f',
      'f/two.yaml:3:7: the service “one” is declared in ',
    ],
    [
      'with a name twice',
      { 'f/one.yaml': two('a', 'b') },
      'f',
      'f/one.yaml:8:7: the service “one” is declared in line 3 too',
    ],
    [
      'with a name twice for one',
      { 'f/one.yaml': two('a', 'a') },
      'f',
      'the service “one” is declared twice, first in line 3',
    ],
  ];
  it.each(bad)('%s keeps all of them from being sent', async (_, written, args, said) => {
    knows();
    for (const [path, text] of Object.entries(written)) user.write(path, text);
    const ended = await user.promote(`${args} --yes`);
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(2);
    expect(cluster.asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('alone can be named', async () => {
    knows();
    user.write('f/two.yaml', fdl({ two: '' }));
    expect((await user.promote('f/two.yaml --yes')).code).toBe(0);
    expect(memories()).toEqual(['two undefined near']);
  });

  it('that holds no services is none', async () => {
    knows();
    user.write('g/compose.yaml', 'services:\n  web: {}\n');
    expect(await user.promote('g')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('There is no FDL file in '),
    });
    expect(await user.promote('nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no file or folder nowhere.'),
    });
  });
});

it('what belongs to this machine is told of before anything is sent', async () => {
  user.knows({ c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true } });
  const stores = `storage_providers:
  minio:
    default: { endpoint: http://localhost:9000, access_key: a, secret_key: b }
    mine: { endpoint: http://127.0.0.1:9000, access_key: a, secret_key: b }
  webdav:
    far: { hostname: https://dav.example.org, login: u, password: p }
`;
  user.write('f/one.yaml', `${stores}${fdl({ one: '' }).replace('docker.io/library/busybox', 'localhost:5000/mine')}`);
  const { stderr, code } = await user.promote('f --dry-run');
  expect(code).toBe(0);
  expect(stderr.split('\n').filter((line) => line.startsWith('warning:'))).toEqual([
    'warning: one: the registry of its image localhost:5000/mine is on this machine; a cluster finds another one there.',
    'warning: one: storage_providers.minio.mine.endpoint is 127.0.0.1, which for a cluster is not this machine.',
  ]);
});

it('an image that the engine of this machine has from no registry is told of', async () => {
  const engine = createServer((request, response) => {
    const image = /\/images\/(.*)\/json/.exec(decodeURIComponent(request.url ?? ''))?.[1];
    const digests = image === 'ghcr.io/me/pushed' ? ['ghcr.io/me/pushed@sha256:0'] : [];
    if (image === 'ghcr.io/me/elsewhere') response.statusCode = 404;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ ApiVersion: '1.45', Version: '26', Name: 'x', Id: 'sha256:1', RepoDigests: digests }),
    );
  });
  const socket = join(user.home, 'engine.sock');
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  user.knows({ c: { endpoint: cluster.endpoint, auth_user: 'u', auth_password: 'p', ssl_verify: true } });
  for (const image of ['built', 'pushed', 'elsewhere']) {
    user.write(`f/${image}.yaml`, fdl({ [image]: '' }).replace('docker.io/library/busybox', `ghcr.io/me/${image}`));
  }
  user.write('f/one.yaml', '');
  const { stderr, code } = await user.promote('f --dry-run', { env: { DOCKER_HOST: `unix://${socket}` } });
  engine.close();
  expect(code).toBe(0);
  expect(stderr.split('\n').filter((line) => line.startsWith('warning:'))).toEqual([
    'warning: This machine has the image ghcr.io/me/built from no registry, as far as its engine can tell: see that a cluster can fetch it.',
  ]);
});
