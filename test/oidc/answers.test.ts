import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPeople } from '../../src/oidc/recognise.ts';
import { type StartedApi, startApi } from '../api/started.ts';
import { heard } from './dev.ts';
import { type Standin, seconds, startStandin } from './standin.ts';

let lab: Standin;
let api: StartedApi;
beforeAll(async () => {
  lab = await startStandin();
  const { log } = heard();
  api = await startApi(
    () => [],
    createPeople({ issuers: [lab.url], groups: ['lab', 'vo'], admins: [], log, now: Date.now }),
  );
  await api.serve('mine', 'cat "$INPUT_FILE_PATH"', { visibility: 'public' });
});
afterAll(async () => {
  await api.close();
  await lab.leave();
});

const unknown = "Error getting oidc manager for issuer ''";
const malformed = 'token is malformed: token contains an invalid number of segments';
const stranger = 'https://other.test';

type Token = () => string | Promise<string>;
const bearers: [title: string, token: Token, system: [number, string], run: [number, string], job: [number, string]][] =
  [
    ['a user', () => lab.token(), [200, ''], [200, ''], [201, '']],
    ['no token', () => 'abc', [400, malformed], [502, malformed + unknown], [502, malformed + unknown]],
    [
      'a stranger',
      () => lab.token({ iss: stranger }),
      [401, `'${stranger}' is not listed as an authorized issuer`],
      [400, `Error getting oidc manager for issuer '${stranger}'`],
      [400, `Error getting oidc manager for issuer '${stranger}'`],
    ],
    ['someone of yesterday', () => lab.token({ exp: seconds() - 60 }), [401, ''], [404, ''], [401, '']],
    ['someone in no group', () => lab.token({ groups: ['other'] }), [401, ''], [404, ''], [401, '']],
    ['a service token that is none', () => 'e'.repeat(64), [400, malformed], [401, ''], [401, '']],
  ];
it.each(bearers)('%s is answered as OSCAR does', async (_title, token, ...expected) => {
  const headers = { Authorization: `Bearer ${await token()}` };
  const asked: [path: string, init: object][] = [
    ['/system/config', {}],
    ['/run/mine', { method: 'POST', body: 'aGk=' }],
    ['/job/mine', { method: 'POST', body: 'aGk=' }],
  ];
  for (const [index, [path, init]] of asked.entries()) {
    const answer = await api.ask(path, { ...init, headers, admin: false });
    const [status, body] = expected[index] ?? [];
    expect([path, answer.status]).toEqual([path, status]);
    if (answer.status >= 400) expect([path, await answer.text()]).toEqual([path, body]);
    else await answer.arrayBuffer();
  }
});

it('a user who asks for a service that is not there is told so', async () => {
  const headers = { Authorization: `Bearer ${await lab.token()}` };
  const answers = await Promise.all(
    ['/run/none', '/job/none'].map((path) => api.ask(path, { method: 'POST', headers, body: 'x', admin: false })),
  );
  expect(answers.map(({ status }) => status)).toEqual([404, 404]);
});

const odd: [header: string, status: number][] = [
  ['bearer abc', 401],
  ['Bearer', 401],
  ['Token abc', 401],
];
it.each(odd)('%j is no bearer: it gets what everyone without credentials gets', async (Authorization, status) => {
  const answer = await api.ask('/system/config', { headers: { Authorization }, admin: false });
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    status,
    'Basic realm="Authorization Required"',
  ]);
});
