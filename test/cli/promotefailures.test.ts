import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUser, fdl, type StandInOptions, selfSigned, startStandIn } from './promotescene.ts';

let user: ReturnType<typeof createUser>;
const open: { close(): Promise<unknown> }[] = [];
beforeEach(() => {
  user = createUser();
  user.write('f/three.yaml', fdl({ one: '', two: '', three: '' }));
  user.write('f/script.sh', '#!/bin/sh\n:\n');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  user.remove();
});

async function standIn(options: StandInOptions = {}, more: object = {}) {
  const server = await startStandIn(options);
  open.push(server);
  user.knows({ c: { endpoint: server.endpoint, auth_user: 'ada', auth_password: 'p', ssl_verify: true, ...more } });
  return server;
}

const refusals: [what: string, options: StandInOptions, code: number, said: string, sent: string[]][] = [
  [
    'wrong credentials',
    { replies: { 'GET /system/info': { status: 401 } } },
    5,
    'error: c does not accept these credentials (401).\nhint: Add the cluster anew with `oscar-cli cluster add`',
    [],
  ],
  [
    'a page in place of an OSCAR',
    { replies: { 'GET /system/info': { body: '<html>Welcome</html>' } } },
    7,
    'is not the API of an OSCAR cluster.',
    [],
  ],
  ['nothing at its path', { replies: { 'GET /system/info': { status: 404 } } }, 7, 'is not the API of an OSCAR', []],
  ...(
    [
      ['no list of services', {}],
      ['nothing in the place of a service', [null]],
      ['a service without a name', [{ image: 'x' }]],
      ['a script that is no text', [{ name: 'one', script: { toString: 1, valueOf: 1 } }]],
      ['folders that are none', [{ name: 'one', input: [null] }]],
      ['a folder with a path of its own kind', [{ name: 'one', output: [{ path: { toString: 1, valueOf: 1 } }] }]],
      ['a mount with a path of its own kind', [{ name: 'one', mount: { path: { toString: 1, valueOf: 1 } } }]],
      ['users that are none', [{ name: 'one', allowed_users: { ada: true } }]],
    ] as const
  ).map(([what, body]): (typeof refusals)[number] => [
    what,
    { replies: { 'GET /system/services': { body } } },
    7,
    'is not the API of an OSCAR cluster.\nhint: Check the endpoint of c',
    [],
  ]),
  [
    'a service deeper than any',
    { replies: { 'GET /system/services': { body: `[{"name":"one","vo":${'['.repeat(1e5)}${']'.repeat(1e5)}}]` } } },
    7,
    'is not the API of an OSCAR cluster.',
    [],
  ],
  ['a version that is none', { replies: { 'GET /system/info': { body: '[]' } } }, 7, 'is not the API of an OSCAR', []],
  [
    'an answer without an end',
    { replies: { 'GET /system/services': 'endless' } },
    7,
    'error: 127.0.0.1:PORT answers with more than 32 MiB, and is not read to its end.\nhint: Check the endpoint',
    [],
  ],
  [
    'an endless answer to what was sent',
    { replies: { 'POST one': 'endless' } },
    7,
    'is not read to its end. Whether it did what it was asked for is not known.\nSent: none.',
    ['POST one'],
  ],
  [
    'a page for an error',
    { replies: { 'GET /system/info': { status: 503, body: '<h1>503</h1>' } } },
    7,
    'error: c answers 503 at http://127.0.0.1:PORT, and does not say why.\n',
    [],
  ],
  [
    'a failure in the middle',
    {
      replies: { 'POST two': { status: 500, body: 'Error creating the service: \u001b[31mno\nroom http://u:p/q@db' } },
    },
    2,
    'error: two: c refuses it (500): Error creating the service: �[31mno room http://…@db\nSent: one. Not sent: two, three.\nhint: It is safe to promote again',
    ['POST one', 'POST two'],
  ],
  [
    'a conflict',
    { replies: { 'POST two': { status: 409, body: 'A secret with the given name already exists' } } },
    6,
    'error: two: c refuses it (409): A secret with the given name already exists\nSent: one. Not sent: two, three.\n',
    ['POST one', 'POST two'],
  ],
  [
    'a name that somebody else has',
    { replies: { 'POST one': { status: 400, body: 'A service with the provided name already exists' } } },
    2,
    'Sent: none. Not sent: one, two, three.\nhint: Somebody else has a service of that name',
    ['POST one'],
  ],
  [
    'no right to change it',
    { services: [{ name: 'one' }], replies: { 'PUT one': { status: 403, body: "User ada doesn't have permision" } } },
    5,
    "error: one: c refuses it (403): User ada doesn't have permision\n",
    ['PUT one'],
  ],
];

const between: [what: string, options: StandInOptions, said: string][] = [
  [
    'an update that belongs to a creation',
    { replies: { 'PUT first': { status: 500, body: 'no room' } } },
    'error: first: it is made, and does not have all of its outputs yet: c refuses it (500): no room\nSent: second.',
  ],
  [
    'a connection',
    { replies: { 'POST first': 'cut' } },
    'ended the connection before it had answered (ECONNRESET). Whether it did what it was asked for is not known.\n',
  ],
];

describe('what fails between two requests is told', () => {
  it.each(between)('%s', async (_, options, said) => {
    const at = (path: string) => `put:\n  - storage_provider: minio\n    path: ${path}`;
    user.write('f/three.yaml', fdl({ first: `out${at('mid/in')}`, second: `in${at('mid/in')}` }));
    await standIn(options);
    expect((await user.promote('f --yes')).stderr).toContain(said);
  });
});

describe('what a cluster refuses is told with its own words, and how far it came', () => {
  it.each(refusals)('%s', async (_, options, code, said, sent) => {
    const server = await standIn(options);
    const ended = await user.promote('f --yes');
    expect(ended.stderr).toContain(said.replace('PORT', String(server.port)));
    expect(ended.code).toBe(code);
    expect(server.sent()).toEqual(sent);
  });
});

it('what had arrived before a failure is not sent again', async () => {
  const first = await standIn({ replies: { 'POST three': { status: 500, body: 'no room' } } });
  expect((await user.promote('f --yes')).code).toBe(2);
  const services = first.asked.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));
  const second = await standIn({ services: services.slice(0, 2) });
  expect(await user.promote('f --yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('three created') });
  expect(second.sent()).toEqual(['POST three']);
});

describe('a cluster that does not answer is given up', () => {
  const hangs: [at: string, said: string, sent: string[]][] = [
    ['GET /system/info', 'has not answered in 1 s.\nhint: Try again', []],
    [
      'POST one',
      'has not answered in 1 s. Whether it did what it was asked for is not known.\nSent: none.',
      ['POST one'],
    ],
  ];
  it.each(hangs)('%s', async (at, said, sent) => {
    const server = await standIn({ replies: { [at]: 'hang' } });
    const ended = await user.promote('f --yes --timeout 1');
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(8);
    expect(server.sent()).toEqual(sent);
  });

  it('nobody there', async () => {
    const server = await standIn();
    await server.close();
    const ended = await user.promote('f --yes');
    expect(ended.stderr).toContain(`127.0.0.1:${server.port} cannot be reached: ECONNREFUSED.`);
    expect(ended.code).toBe(7);
  });
});

const nonsense: [args: string, said: string][] = [
  ['f --timeout 0', 'error: --timeout must be from 1 to 86400, not 0.\n'],
  ['f --token \u00e9', 'error: The token has blanks or signs in it that no token has.\n'],
];
it.each(nonsense)('%s is not valid', async (args, said) => {
  const server = await standIn();
  expect(await user.promote(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  expect(server.asked).toEqual([]);
});

it('a redirect is not followed, and the other side gets nothing', async () => {
  const other = await startStandIn({});
  open.push(other);
  const moved = { status: 307, headers: { location: `${other.endpoint}/system/info` } };
  await standIn({ replies: { 'GET /system/info': moved } });
  const ended = await user.promote('f --yes');
  expect(ended.stderr).toContain(`c sends us on to ${other.endpoint}/system/info, where no credentials are sent.`);
  expect(ended.code).toBe(2);
  expect(other.asked).toEqual([]);
});

describe('the certificate of a cluster', () => {
  const good = selfSigned('IP:127.0.0.1');
  const other = selfSigned('DNS:other.example.org');

  it('is refused when nobody known signed it, and taken with its authority or without a look', async () => {
    const server = await standIn({ certificate: good });
    const file = user.write('ca.pem', good.cert);
    const refused = await user.promote('f --dry-run');
    expect(refused.stderr).toContain('comes from an authority that is not known here (DEPTH_ZERO_SELF_SIGNED_CERT).');
    expect(refused.stderr).toContain('with --ca FILE');
    expect(refused.code).toBe(7);
    expect(server.asked).toEqual([]);
    expect((await user.promote(`f --dry-run --ca ${file}`)).code).toBe(0);
    expect((await user.promote('f --dry-run', { env: { NODE_EXTRA_CA_CERTS: file } })).code).toBe(0);
    user.knows({ c: { endpoint: server.endpoint, auth_user: 'ada', auth_password: 'p', ssl_verify: false } });
    expect((await user.promote('f --dry-run')).code).toBe(0);
    // Without the key nobody said that it is not to be looked at.
    user.knows({ c: { endpoint: server.endpoint, auth_user: 'ada', auth_password: 'p' } });
    expect((await user.promote('f --dry-run')).code).toBe(7);
  });

  it('is refused when it is for another name, whoever signed it', async () => {
    await standIn({ certificate: other });
    const ended = await user.promote(`f --dry-run --ca ${user.write('ca.pem', other.cert)}`);
    expect(ended.stderr).toContain('is not valid: ');
    expect(ended.stderr).toContain('127.0.0.1 is not in the cert');
    expect(ended.code).toBe(7);
  });

  it('is missing where the endpoint says https and the server does not', async () => {
    const server = await startStandIn({});
    open.push(server);
    user.knows({
      c: { endpoint: `https://127.0.0.1:${server.port}`, auth_user: 'ada', auth_password: 'p', ssl_verify: true },
    });
    const ended = await user.promote('f --dry-run');
    expect(ended.stderr).toContain('does not speak TLS as it should');
    expect(ended.code).toBe(7);
  });

  const files: [content: string, said: string][] = [
    ['-----BEGIN PRIVATE KEY-----', 'holds no certificate.\nhint: It must be in PEM'],
  ];
  it.each(files)('has no authority in %j', async (content, said) => {
    await standIn({ certificate: good });
    const ended = await user.promote(`f --dry-run --ca ${user.write('ca.pem', content)}`);
    expect(ended.stderr).toContain(said);
    expect(ended.code).toBe(2);
  });
});

it('with --json a failure tells on stdout what was sent, and on stderr why it ended', async () => {
  await standIn({ replies: { 'POST two': { status: 500, body: 'no room' } } });
  const ended = await user.promote('f --yes --json');
  const lines = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const plan = ['one', 'two', 'three'].map((service) => ({ cluster: 'c', service, plan: 'create', changes: [] }));
  expect(lines).toEqual([...plan, { cluster: 'c', service: 'one', action: 'created' }]);
  expect(JSON.parse(ended.stderr)).toMatchObject({
    error: { code: 'rejected', message: expect.stringContaining('Not sent: two, three.') },
  });
});
