import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, raw } from './exchange.ts';
import { at, check, type Scene, startScene } from './exposedscene.ts';
import { until } from './started.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

describe('several instances', () => {
  it('share the requests', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => exchange(scene.api.exposedPort, { method: 'GET', path: at('twin') })),
    );
    const apps = answers.map(({ text }) => JSON.parse(text).app).sort();
    expect(apps).toEqual([...Array(4).fill('app'), ...Array(4).fill('other')]);
  });

  it('the idle one is asked while another is busy', async () => {
    const busy = request({ port: scene.api.exposedPort, path: at('twin', '/?hold=twin') });
    busy.on('error', () => undefined).end();
    const holder = await until(
      () => [scene.app, scene.other].find(({ held }) => held.length > 0),
      (found) => found !== undefined,
    );
    const idle = holder === scene.app ? 'other' : 'app';
    for (const _round of [1, 2, 3]) await check(scene, { title: '', path: at('twin'), seen: { app: idle } });
    busy.destroy();
    await until(
      () => holder?.left ?? [],
      (left) => left.includes('/?hold=twin'),
    );
    holder?.held.pop();
  });

  it('one that refuses is passed over, unless something was sent to it', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'GET']) {
      expect((await exchange(scene.api.exposedPort, { method, path: at('half') })).status).toBe(200);
    }
  });
});

describe('bodies go both ways as they come', () => {
  it('an event stream, whose headers come before its first event', async () => {
    const out = request({ port: scene.api.exposedPort, path: at('open', '/?hold=events') }).end();
    const answer = await new Promise<import('node:http').IncomingMessage>((resolve) => out.on('response', resolve));
    expect(answer.headers['content-type']).toBe('text/event-stream');
    const heard: string[] = [];
    answer.setEncoding('utf8').on('data', (text) => heard.push(text));
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      scene.app.held.at(-1)?.write(event);
      await until(
        () => heard.join(''),
        (text) => text.endsWith(event),
      );
    }
    answer.on('error', () => undefined);
    out.destroy();
    await until(
      () => scene.app.left,
      (left) => left.includes('/?hold=events'),
    );
    scene.app.held.pop();
  });

  it('a large one, piece by piece', async () => {
    const body = Buffer.alloc(20_000_000, 'abcdefg');
    const answer = await exchange(scene.api.exposedPort, { method: 'POST', path: at('open', '/?mirror'), body });
    expect(answer.body.equals(body)).toBe(true);
    const small = {
      method: 'DELETE',
      path: at('open', '/?mirror'),
      body: 'in pieces, please',
      chunked: true,
      headers: { 'Transfer-Encoding': 'chunked' },
    };
    expect((await exchange(scene.api.exposedPort, small)).text).toBe('in pieces, please');
  });

  it('one that is answered before it was read', async () => {
    const sent = { method: 'POST', path: at('open', '/?early'), body: Buffer.alloc(5_000_000) };
    expect(await exchange(scene.api.exposedPort, sent)).toMatchObject({ status: 413, text: 'too much' });
  });

  it('with the fields that follow them', async () => {
    const head = `POST ${at('open', '/?trailer')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const body = 'Transfer-Encoding: chunked\r\nTrailer: X-Mine\r\n\r\n5\r\nhello\r\n0\r\nX-Mine: 7\r\n\r\n';
    const answer = await raw(scene.api.exposedPort, head + body);
    expect(answer).toContain('"body":"hello","trailers":{"x-mine":"7"}');
    expect(answer).toMatch(/\r\n0\r\nX-Sum: 42\r\n\r\n$/i);
  });

  it('a client that leaves in the middle of its own leaves nothing behind', async () => {
    const socket = connect(scene.api.exposedPort, '127.0.0.1');
    socket.write(`POST ${at('open', '/?left')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\nhalf`);
    await until(
      () => scene.app.started,
      (urls) => urls.includes('/?left'),
    );
    socket.destroy();
    await until(
      () => scene.app.left,
      (left) => left.includes('/?left'),
    );
  });

  it('to clients of long ago, too', async () => {
    const answer = await raw(scene.api.exposedPort, `GET ${at('open', '/old')} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK[\s\S]*"url":"\/old"[\s\S]*}$/);
  });

  it('and from servers that end their lines as Unix does', async () => {
    const answer = await exchange(scene.api.exposedPort, { method: 'GET', path: at('open', '/?unix') });
    expect(answer).toMatchObject({ status: 200, text: 'lines', headers: { 'x-lines': 'unix' } });
  });

  it('to clients that first ask whether they may', async () => {
    const head = `POST ${at('open')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const answer = await raw(scene.api.exposedPort, `${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`);
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK[\s\S]*"body":"hi"/);
    expect(answer).not.toContain('"expect"');
  });

  it('but no head that is larger than a head may be', async () => {
    const headers = { 'X-Large': 'x'.repeat(20_000) };
    expect((await exchange(scene.api.exposedPort, { method: 'GET', path: at('open'), headers })).status).toBe(431);
    const large = `/?${Array.from({ length: 3 }, () => `header=X-Large=>${'x'.repeat(4000)}`).join('&')}`;
    expect((await exchange(scene.api.exposedPort, { method: 'GET', path: at('open', large) })).status).toBe(200);
  });
});

it('had no failure of its own behind any of these answers', () => expect(scene.api.failures).toEqual([]));
