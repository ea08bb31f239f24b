import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from './exchange.ts';
import { at, check, type Row, type Scene, startScene } from './exposedscene.ts';
import { startApi } from './started.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

describe('a browser that shows a page is sent to the port of exposed services', () => {
  const to = (rest: string) =>
    expect.objectContaining({ location: `http://localhost:${scene.api.exposedPort}${rest}` });
  const cases: [title: string, method: string, headers: Record<string, string>, redirected: boolean][] = [
    ['a document', 'GET', { 'Sec-Fetch-Dest': 'document' }, true],
    ['a frame', 'GET', { 'Sec-Fetch-Dest': 'iframe' }, true],
    ['an object', 'GET', { 'Sec-Fetch-Dest': 'object' }, true],
    ['a form', 'POST', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' }, true],
    ['a browser that says no more', 'GET', { 'Upgrade-Insecure-Requests': '1' }, true],
    ['not a script', 'GET', { 'Sec-Fetch-Dest': 'script' }, false],
    ['not a fetch', 'GET', { 'Sec-Fetch-Dest': 'empty', 'Upgrade-Insecure-Requests': '1' }, false],
    ['not a program', 'GET', {}, false],
  ];
  it.each(cases)('%s', async (_title, method, headers, redirected) => {
    const path = at('open', '/page?x=%2F');
    const all = { Host: `localhost:${scene.api.port}`, ...headers };
    const answer = await exchange(scene.api.port, { method, path, headers: all });
    expect(answer.status).toBe(redirected ? 307 : 200);
    if (redirected) expect(answer.headers).toEqual(to(path));
    expect((await exchange(scene.api.exposedPort, { method, path, headers: all })).status).toBe(200);
  });

  it('but nothing is changed on the API port by a page that may not ask', async () => {
    const sent = {
      method: 'POST',
      path: at('open'),
      headers: { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty' },
    };
    expect((await exchange(scene.api.port, sent)).status).toBe(403);
    expect((await exchange(scene.api.exposedPort, sent)).status).toBe(200);
  });

  it('with the slash without which the links of a page lead astray', async () => {
    const headers = { Host: 'localhost', 'Sec-Fetch-Dest': 'document' };
    const ask = (port: number, path: string) => exchange(port, { method: 'GET', path, headers });
    expect((await ask(scene.api.port, at('open', '?a'))).headers).toEqual(to(at('open', '/?a')));
    expect((await ask(scene.api.exposedPort, at('open', '?a'))).headers.location).toBe(at('open', '/?a'));
    expect((await ask(scene.api.exposedPort, at('whole', ''))).status).toBe(200);
  });

  it('and what is answered on the API port makes no page of the API', async () => {
    const csp = async (port: number, query: string) =>
      (await exchange(port, { method: 'GET', path: at('open', query) })).headers['content-security-policy'];
    expect(await csp(scene.api.port, '/')).toBe('sandbox');
    expect(await csp(scene.api.port, "/?header=Content-Security-Policy=>default-src%20'self'")).toBe(
      "default-src 'self', sandbox",
    );
    expect(await csp(scene.api.exposedPort, '/')).toBeUndefined();
  });
});

describe('what a service says about itself', () => {
  const base = '/system/services/open/exposed';
  const rows: [says: string, from: string, to: string, service?: string][] = [
    ['Location', '/login?next=/', `${base}/login?next=/`],
    ['Location', `${base}/there`, `${base}/there`],
    ['Location', 'next', 'next'],
    ['Location', '?page=2', '?page=2'],
    ['Location', 'http://localhost:7/in', `http://localhost:7${base}/in`],
    ['Location', 'http://LOCALHOST:7', `http://LOCALHOST:7${base}/`],
    ['Location', '//localhost:7/in', `//localhost:7${base}/in`],
    ['Location', '{app}/in', `${base}/in`],
    ['Location', 'https://elsewhere.example/in', 'https://elsewhere.example/in'],
    ['Location', '//elsewhere.example/in', '//elsewhere.example/in'],
    ['Location', '/in', '/in', 'whole'],
    ['Set-Cookie', 'a=b; Path=/; HttpOnly', `a=b; Path=${base}; HttpOnly`],
    ['Set-Cookie', 'a=b; path=/sub', `a=b; Path=${base}/sub`],
    ['Set-Cookie', `a=b; Path=${base}/x; Domain=localhost`, `a=b; Path=${base}/x`],
    ['Set-Cookie', 'a=b; Path=/system/services/locked/exposed', `a=b; Path=${base}/system/services/locked/exposed`],
    ['Set-Cookie', 'a=b', 'a=b'],
    ['Set-Cookie', 'a=b; Path=/', 'a=b; Path=/system/services/whole/exposed', 'whole'],
    ['Set-Cookie', 'a=b; Path=/system/services/open/exposed', 'a=b; Path=/system/services/whole/exposed', 'whole'],
    ['Set-Cookie', 'oscar_service_locked_auth=x; Path=/', ''],
    ['Service-Worker-Allowed', '/', base],
    ['Clear-Site-Data', '"cookies"', ''],
    ['Access-Control-Allow-Origin', 'http://mine', 'http://mine'],
    ['X-Powered-By', 'app', 'app'],
  ];
  it.each(rows)('%s: %s → %s', async (header, from, to, service = 'open') => {
    const value = `${header}=>${from.replace('{app}', scene.app.address)}`;
    const path = at(service, `/?status=302&header=${encodeURIComponent(value)}`);
    const { headers } = await exchange(scene.api.exposedPort, {
      method: 'GET',
      path,
      headers: { Host: 'localhost:7' },
    });
    expect(String(headers[header.toLowerCase()] ?? '')).toBe(to);
  });

  it('is readable by every page, which may ask beforehand', async () => {
    const asked = { 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'x-a' };
    const before = await exchange(scene.api.exposedPort, { method: 'OPTIONS', path: at('locked'), headers: asked });
    expect({ status: before.status, ...before.headers }).toMatchObject({
      status: 204,
      'access-control-allow-origin': '*',
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-headers': 'x-a',
    });
    await check(scene, { title: '', path: at('open'), got: { 'access-control-allow-origin': '*' } });
    await check(scene, { title: '', path: at('locked'), status: 401, got: { 'access-control-allow-origin': '*' } });
  });
});

describe('why there is no answer', () => {
  const rows: Row[] = [
    {
      title: 'no such service',
      path: at('nobody'),
      status: 404,
      got: { 'x-oscar-sandbox-hint': 'No service is called nobody.' },
      says: '404 page not found',
    },
    {
      title: 'not exposed',
      path: at('plain'),
      status: 404,
      got: { 'x-oscar-sandbox-hint': 'plain is not exposed: its definition has no expose.api_port.' },
      says: '404 page not found',
    },
    {
      title: 'not ready',
      path: at('starting'),
      status: 503,
      got: { 'retry-after': '1' },
      says: 'starting does not answer yet. It waits for /health to answer.',
    },
    { title: 'not deployed', path: at('absent'), status: 503, says: 'It is not deployed yet.' },
    {
      title: 'not here',
      path: at('elsewhere'),
      status: 503,
      says: 'elsewhere does not answer yet. It is not exposed.',
    },
    { title: 'nobody listens', path: at('refusing'), status: 503, got: { 'retry-after': '1' }, says: 'nobody listens' },
    { title: 'hung up', path: at('open', '/?hang-up'), status: 502, says: 'open hung up before it had answered' },
    { title: 'not ready, to those who may know alone', path: at('locked'), status: 401 },
  ];
  it.each(rows)('$title', (row: Row) => check(scene, row));

  it('nobody is asked to come again to what will not be there', async () => {
    const { headers } = await exchange(scene.api.exposedPort, { method: 'GET', path: at('elsewhere') });
    expect(headers).not.toHaveProperty('retry-after');
  });

  it('an answer that was cut is cut for the client too', async () => {
    const cut = exchange(scene.api.exposedPort, { method: 'GET', path: at('open', '/?cut') });
    await expect(cut).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('an engine that does not answer is said so, and asked again', async () => {
    const broken = await startApi(() => {
      throw new Error('gone');
    });
    await broken.serve('open', 'cat', { expose: { api_port: [80] } });
    const answer = await exchange(broken.exposedPort, { method: 'GET', path: at('open') });
    expect(answer).toMatchObject({ status: 500, text: 'The sandbox failed: gone' });
    await broken.close();
  });
});

it('had no failure of its own behind any of these answers', () => expect(scene.api.failures).toEqual([]));
