import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from './exchange.ts';
import type { Seen } from './exposedapp.ts';
import { at, check, filled, filledAll, type Row, type Scene, startScene } from './exposedscene.ts';
import { basic } from './started.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

describe('who may pass', () => {
  const challenge = { 'www-authenticate': 'Basic realm="Authentication Required"' };
  const cookie = 'oscar_service_locked_auth={token:locked}';
  const rows: Row[] = [
    { title: 'everyone without set_auth', path: at('open'), seen: { url: '/' } },
    { title: 'nobody without credentials', path: at('locked'), status: 401, got: challenge, says: 'its token' },
    {
      title: 'the service name with its token',
      path: at('locked'),
      headers: { Authorization: 'basic:locked:{token:locked}' },
    },
    { title: 'the administrator', path: at('locked'), headers: { Authorization: basic } },
    { title: 'a bearer of the token', path: at('locked'), headers: { Authorization: 'Bearer {token:locked}' } },
    { title: 'the token in the query', path: at('locked', '/x?a=1&token={token:locked}&b'), seen: { url: '/x?a=1&b' } },
    { title: 'the cookie', path: at('locked'), headers: { Cookie: `a=b; ${cookie}` }, seen: { url: '/' } },
    {
      title: 'the cookie, whatever the service itself is told',
      path: at('locked'),
      headers: { Cookie: cookie, Authorization: 'Bearer app' },
      seen: { headers: { authorization: 'Bearer app' } },
    },
    {
      title: 'not another name',
      path: at('locked'),
      headers: { Authorization: 'basic:open:{token:locked}' },
      status: 401,
    },
    { title: 'not another password', path: at('locked'), headers: { Authorization: 'basic:locked:x' }, status: 401 },
    { title: "not another service's token", path: at('locked', '/?token={token:open}'), status: 401 },
    {
      title: "not another service's cookie",
      path: at('locked'),
      headers: { Cookie: 'oscar_service_locked_auth={token:open}' },
      status: 401,
    },
    {
      title: 'not a token of zeros',
      path: at('locked'),
      headers: { Authorization: `Bearer ${'0'.repeat(64)}` },
      status: 401,
    },
    { title: 'not garbage', path: at('locked'), headers: { Authorization: 'Basic %%%' }, status: 401 },
    {
      title: 'a user who may see the service, whose token is not handed on',
      path: at('shared'),
      headers: { Authorization: 'Bearer alice' },
      seen: { headers: expect.not.objectContaining({ authorization: expect.anything() }) },
    },
    { title: 'not a user who may not', path: at('locked'), headers: { Authorization: 'Bearer alice' }, status: 401 },
    {
      title: 'not a user whose uid is reserved',
      path: at('shared'),
      headers: { Authorization: 'Bearer evil' },
      status: 401,
    },
    {
      title: 'a user where everyone may, whose token is not handed on either',
      path: at('open'),
      headers: { Authorization: 'Bearer alice' },
      seen: { headers: expect.not.objectContaining({ authorization: expect.anything() }) },
    },
    {
      title: 'nobody unknown with forward',
      path: at('for-ward'),
      status: 401,
      got: { 'www-authenticate': 'Basic realm="Authorization Required"' },
    },
    {
      title: 'the token in the query, which a browser then keeps',
      path: at('for-ward', '/?token={token:for-ward}'),
      seen: { url: '/' },
      got: {
        'set-cookie': [
          expect.stringMatching(
            /^oscar_service_for_ward_auth=.{64}; Path=\/system\/services\/for-ward\/exposed; HttpOnly; SameSite=Lax$/,
          ),
        ],
      },
    },
  ];
  it.each(rows)('$title', (row: Row) => check(scene, row));

  it('a browser keeps the cookie over HTTPS alone when it came over HTTPS', async () => {
    const path = filled(at('for-ward', '/?token={token:for-ward}'), scene.api);
    const answer = await exchange(scene.api.exposedPort, {
      method: 'GET',
      path,
      headers: { 'X-Forwarded-Proto': 'https' },
    });
    expect(answer.headers['set-cookie']?.[0]).toMatch(/ HttpOnly; Secure; SameSite=Lax$/);
  });
});

describe('our credentials go no further', () => {
  const seen = async (path: string, headers: Record<string, string>): Promise<Seen> => {
    const answer = await exchange(scene.api.exposedPort, {
      method: 'GET',
      path: filled(path, scene.api),
      headers: filledAll(headers, scene.api),
    });
    return JSON.parse(answer.text);
  };
  const rows: [title: string, service: string, sent: string, arrives: boolean][] = [
    ['the administrator, where nobody is asked', 'open', basic, false],
    ['the administrator, spelled otherwise', 'open', basic.replace('Basic ', 'basic   '), false],
    ['the administrator, where somebody is', 'locked', basic, false],
    ['the name and token that opened it', 'locked', 'basic:locked:{token:locked}', false],
    ['the bearer that opened it', 'locked', 'Bearer {token:locked}', false],
    ["another service's token", 'open', 'Bearer {token:locked}', false],
    ["another service's name and token", 'open', 'basic:locked:{token:locked}', false],
    ["but the app's own bearer", 'open', 'Bearer app', true],
    ["but the app's own password", 'open', 'basic:me:mine', true],
    ["but the service's own token, which it may itself ask for", 'open', 'Bearer {token:open}', true],
  ];
  it.each(rows)('%s', async (_title, service, sent, arrives) => {
    const header = filled(sent, scene.api);
    const { headers } = await seen(at(service), { Authorization: header });
    expect(headers.authorization).toBe(arrives ? header : undefined);
  });

  it('no cookie of ours, and every other one', async () => {
    const { headers } = await seen(at('open'), { Cookie: 'a=1; oscar_service_locked_auth=x;b=2 ;oscar_service_=' });
    expect(headers.cookie).toBe('a=1; b=2');
    expect((await seen(at('open'), { Cookie: 'oscar_service_open_auth=x' })).headers.cookie).toBeUndefined();
  });

  it('nothing of this connection, and where it came from', async () => {
    const { headers } = await seen(at('open'), {
      Connection: 'keep-alive, X-Secret',
      'X-Secret': '1',
      'Proxy-Authorization': 'Basic eDp5',
      TE: 'trailers',
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Uri': '/?token=stolen',
      Host: 'my.laptop:99',
    });
    expect(headers).toEqual({
      host: 'my.laptop:99',
      connection: 'keep-alive',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-host': 'my.laptop:99',
      'x-forwarded-proto': 'http',
      'x-forwarded-prefix': '/system/services/open/exposed',
    });
    expect((await seen(at('whole'), {})).headers['x-forwarded-prefix']).toBeUndefined();
  });
});

it('had no failure of its own behind any of these answers', () => expect(scene.api.failures).toEqual([]));
