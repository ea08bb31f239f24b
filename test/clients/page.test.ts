import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PageInit, pageOf } from './page.ts';

// What the page of these tests lets through, a browser lets through: so it has to be no less strict.
let server: Server;
let answers: { preflight: number; status: number; headers: Record<string, string> };
let heard: string[];
beforeAll(async () => {
  server = createServer((request, response) => {
    heard.push(`${request.method} ${request.headers['access-control-request-headers'] ?? ''}`.trimEnd());
    response.writeHead(request.method === 'OPTIONS' ? answers.preflight : answers.status, answers.headers).end('text');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const page = pageOf('http://page.example');
function ask(headers: Record<string, string>, init: PageInit, { preflight = 204, status = 200 } = {}) {
  answers = { preflight, status, headers };
  heard = [];
  return page(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, init);
}

const origin = { 'Access-Control-Allow-Origin': '*' };
const methods = { ...origin, 'Access-Control-Allow-Methods': 'PUT' };
const bearer = { headers: { Authorization: 'Bearer x' } };
const blocked: [why: string, headers: Record<string, string>, init: PageInit, statuses: object][] = [
  ['no origin is allowed', {}, {}, {}],
  ['another origin is allowed', { 'Access-Control-Allow-Origin': 'http://other.example' }, {}, {}],
  ['the method is not allowed', origin, { method: 'PUT' }, {}],
  ['the header is not allowed', origin, bearer, {}],
  [
    'all headers are allowed, which is no word for this one',
    { ...origin, 'Access-Control-Allow-Headers': '*' },
    bearer,
    {},
  ],
  ['the preflight wants credentials', methods, { method: 'PUT' }, { preflight: 401 }],
  ['the preflight is sent on', methods, { method: 'PUT' }, { preflight: 307 }],
  ['the answer is sent on', { ...origin, Location: '/other' }, {}, { status: 307 }],
];
it.each(blocked)('a page gets no answer when %s', async (_why, headers, init, statuses) => {
  await expect(ask(headers, init, statuses)).rejects.toThrow('blocked by CORS');
});

it('a page asks first only what a browser asks first', async () => {
  await ask(origin, { method: 'POST', body: 'text' });
  expect(heard).toEqual(['POST']);
  const headers = { Authorization: 'x', 'Content-Type': 'application/json', Accept: '*/*', Host: 'other' };
  await ask({ ...origin, 'Access-Control-Allow-Headers': 'authorization, content-type' }, { method: 'POST', headers });
  expect(heard).toEqual(['OPTIONS authorization,content-type', 'POST']);
});

it('a page reads only the headers that it is shown', async () => {
  const shown = async (exposed: string) =>
    (await ask({ ...origin, ETag: '"1"', 'X-A': 'a', 'Access-Control-Expose-Headers': exposed }, {})).headers;
  expect(await shown('')).not.toHaveProperty('etag');
  expect(await shown('ETag')).toMatchObject({ etag: '"1"' });
  expect(await shown('ETag')).not.toHaveProperty('x-a');
  expect(await shown('*')).toMatchObject({ etag: '"1"', 'x-a': 'a' });
});
