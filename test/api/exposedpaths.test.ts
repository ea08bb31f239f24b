import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, check, type Row, type Scene, startScene } from './exposedscene.ts';
import { basic } from './started.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

describe('the path that a service gets', () => {
  const rows: Row[] = [
    { title: 'is what follows the prefix', path: at('open', '/a/b?c=d&e'), seen: { url: '/a/b?c=d&e' } },
    { title: 'is the root when nothing follows', path: at('open', ''), seen: { url: '/' } },
    { title: 'is the whole one with rewrite_target', path: at('whole', '/a?b'), seen: { url: at('whole', '/a?b') } },
    { title: 'is the same on the API port', path: at('open', '/a'), port: 'api', seen: { url: '/a' } },
    { title: 'keeps encoded slashes', path: at('open', '/a%2Fb/%2e'), seen: { url: '/a%2Fb/%2e' } },
    { title: 'keeps double slashes', path: at('open', '//a//'), seen: { url: '//a//' } },
    { title: 'keeps a % that encodes nothing', path: at('open', '/100%'), seen: { url: '/100%' } },
    { title: 'keeps dots that stay inside', path: at('open', '/a/../b'), seen: { url: '/a/../b' } },
    { title: 'keeps other tokens', path: at('open', '/?token=1&token={token:open}'), seen: { method: 'GET' } },
    { title: 'may be very long', path: at('open', `/${'x'.repeat(7000)}`), seen: { url: `/${'x'.repeat(7000)}` } },
    { title: 'is found after slashes at the beginning', path: `//${at('open', '/x')}`, seen: { url: '/x' } },
    { title: 'does not lead out by dots', path: at('open', '/../../locked/exposed/'), status: 404 },
    { title: 'does not lead out by encoded dots', path: at('open', '/a/%2E%2e/%2e%2E/x'), status: 404 },
    { title: 'needs a name', path: '/system/services//exposed/', status: 404 },
    { title: 'needs a name that can be read', path: '/system/services/%zz/exposed/', status: 404 },
    { title: 'needs the word as it is', path: '/system/services/open/exposedx/', status: 404 },
  ];
  it.each(rows)('$title', (row: Row) => check(scene, row));
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])('comes with the method %s', (method) =>
    check(scene, { title: '', method, path: at('open'), seen: { method } }),
  );
});

describe('the port of exposed services has nothing else', () => {
  const rows: Row[] = [
    { title: 'no root', path: '/', status: 404, says: '404 page not found' },
    { title: 'no API', path: '/system/services', headers: { Authorization: basic }, status: 404 },
    { title: 'no health', path: '/health', status: 404 },
    {
      title: 'no strange host',
      path: at('open'),
      headers: { Host: 'evil.example' },
      status: 421,
      says: 'evil.example',
    },
    {
      title: 'no strange host, on the API port neither',
      path: at('open'),
      port: 'api',
      headers: { Host: 'evil.example' },
      status: 421,
    },
    { title: 'but any name that is ours', path: at('open'), headers: { Host: 'x.localhost:1' }, seen: { url: '/' } },
  ];
  it.each(rows)('$title', (row: Row) => check(scene, row));
});

it('had no failure of its own behind any of these answers', () => expect(scene.api.failures).toEqual([]));
