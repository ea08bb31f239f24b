import { afterAll, beforeAll, expect, it } from 'vitest';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;

interface Line {
  timestamp: string;
  status: number;
  path: string;
  user: string;
  raw: string;
}
const lines = async (query = ''): Promise<Line[]> =>
  ((await (await as('admin', `/system/logs${query}`)).json()) as { logs: Line[] }).logs;

beforeAll(async () => {
  api = await startApi(() => [], { ...people(), admins: ['carol'] });
  as = askAs(api);
});
afterAll(async () => {
  expect(api.failures).toEqual([]);
  await api.close();
});

it('is an empty list where nothing was called', async () => {
  expect(await (await as('admin', '/system/logs')).text()).toBe('{"logs":[]}');
});

it('names who called, oldest call first: users by their uid, holders of a token not at all', async () => {
  await api.serve('open', 'cat', { visibility: 'public' });
  const token = { admin: false, headers: { Authorization: `Bearer ${api.token('open')}` } };
  const calls: [string, () => Promise<Response>][] = [
    ['200 /run/open alice', () => as('alice', '/run/open', { method: 'POST' })],
    ['201 /job/open 0af3@egi.eu', () => as('egi', '/job/open', { method: 'POST' })],
    ['200 /run/open oscar', () => as('admin', '/run/open', { method: 'POST' })],
    ['201 /job/open nil', () => api.ask('/job/open', { method: 'POST', ...token })],
    ['404 /run/none bob', () => as('bob', '/run/none', { method: 'POST' })],
    ['401 /job/open oscar', () => api.ask('/job/open', { method: 'POST', admin: false })],
    ['401 /run/none nil', () => api.ask('/run/none', { method: 'POST', ...token })],
  ];
  for (const [count, [, call]] of calls.entries()) {
    await call();
    await until(lines, ({ length }) => length > count);
  }
  const told = (await lines()).map(({ status, path, user }) => `${status} ${path} ${user}`);
  expect(told).toEqual(calls.map(([line]) => line));
});

it('tells of an event as of the call of its service by whoever made the object', async () => {
  await api.serve('fed', 'cat', { input: [{ storage_provider: 'minio.default', path: 'fed/in' }] });
  await api.buckets.put('fed', 'in/a.txt', { bytes: Buffer.from('a') }, {});
  const line = (await lines()).at(-1);
  expect([line?.status, line?.path, line?.raw.endsWith(`| POST    /job/fed | ${line.user}`)]).toEqual([
    201,
    '/job/fed',
    true,
  ]);
});

it.each([
  ['', false],
  ['?timestamps=true', true],
  ['?timestamps=1&previous=true', true],
  ['?timestamps=yes', false],
  // The log goes on over restarts.
  ['?previous=true', false],
  ['?previous=maybe', false],
])('with %j begins raw lines with the time: %s', async (query, stamped) => {
  const all = await lines(query);
  expect(all.length).toBe((await lines()).length);
  for (const { raw, timestamp } of all) {
    expect(raw.startsWith(stamped ? `${timestamp} [GIN-EXECUTIONS-LOGGER] ` : '[GIN-EXECUTIONS-LOGGER] ')).toBe(true);
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?Z$/);
  }
});

it.each([
  ['alice', 403, 'OIDC tokens are not allowed for system logs'],
  ['bob', 403, 'OIDC tokens are not allowed for system logs'],
  ['stranger', 400, 'token is malformed: token contains an invalid number of segments'],
])('%s gets %i %s', async (who, status, text) => {
  const answer = await as(who, '/system/logs');
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    status,
    'text/plain; charset=utf-8',
    text,
  ]);
});

it('is for a user, too, who is named for it', async () => {
  const answer = await as('carol', '/system/logs');
  expect([answer.status, await answer.json()]).toEqual([200, { logs: await lines() }]);
});

it('is for those alone who say who they are', async () => {
  const answer = await api.ask('/system/logs', { admin: false });
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    401,
    'Basic realm="Authorization Required"',
  ]);
});
