import { afterAll, beforeAll, expect, it } from 'vitest';
import { pageOf } from '../clients/page.ts';
import { exchange } from './exchange.ts';
import { at, type Scene, startScene } from './exposedscene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

const page = pageOf('http://localhost:5173');
const ports = ['api', 'exposed'] as const;
const url = (port: (typeof ports)[number], name: string, rest = '/') =>
  `http://127.0.0.1:${port === 'api' ? scene.api.port : scene.api.exposedPort}${at(name, rest)}`;

// The dashboard asks by HEAD, without credentials, until it is not 503; then by GET, which is to be 2xx.
it.each(ports)('a page of another origin sees through the port of the %s whether a service is up', async (port) => {
  for (const method of ['HEAD', 'GET']) expect((await page(url(port, 'open'), { method })).status).toBe(200);
  const starting = await page(url(port, 'starting'), { method: 'HEAD' });
  expect([starting.status, starting.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  expect((await page(url(port, 'absent'), { method: 'HEAD' })).status).not.toBe(200);
});

it('a page asks the API for an exposed path what it may send, before it sends it', async () => {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Auth': 'jwt' }, body: '{}' };
  expect((await page(url('api', 'open', '/api/login'), init)).status).toBe(200);
  const deleted = { method: 'DELETE', headers: { Authorization: 'Bearer x' } };
  expect((await page(url('api', 'open', '/api/files/a'), deleted)).status).toBe(200);
});

it('a page reads that a service wants its token', async () => {
  expect((await page(url('api', 'locked'))).status).toBe(401);
  const headers = { Authorization: `Basic ${btoa(`locked:${scene.api.token('locked')}`)}` };
  expect((await page(url('api', 'locked'), { headers })).status).toBe(200);
});

// The last resort of the file browser, where a page may not read the answer with its cookies.
it('a form that a page posts to a service goes on to the port of exposed services', async () => {
  const headers = {
    Host: `localhost:${scene.api.port}`,
    Origin: 'http://localhost:5173',
    'Content-Type': 'application/x-www-form-urlencoded',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  };
  const path = at('open', '/api/auth/renew?jwt=a.b.c');
  const sent = await exchange(scene.api.port, { method: 'POST', path, headers, body: 'jwt=a.b.c' });
  expect([sent.status, sent.headers.location]).toEqual([307, `http://localhost:${scene.api.exposedPort}${path}`]);
  const there = { ...headers, Host: `localhost:${scene.api.exposedPort}` };
  expect(
    (await exchange(scene.api.exposedPort, { method: 'POST', path, headers: there, body: 'jwt=a.b.c' })).status,
  ).toBe(200);
});
