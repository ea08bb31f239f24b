import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { exchange } from './exchange.ts';
import { at, filled, filledAll, type Scene, startScene } from './exposedscene.ts';
import { basic, until } from './started.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

describe('WebSockets', () => {
  const dial = (port: number, path: string, headers: Record<string, string> = {}) =>
    new Promise<{ socket: WebSocket; first: { url: string; headers: Record<string, string> } }>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${filled(path, scene.api)}`, {
        headers: filledAll(headers, scene.api),
      });
      socket.once('message', (data) => resolve({ socket, first: JSON.parse(String(data)) }));
      socket.once('unexpected-response', (_out, answer) => reject(new Error(String(answer.statusCode))));
      socket.once('error', reject);
    });
  const echo = (socket: WebSocket, data: string | Buffer) =>
    new Promise<Buffer>((resolve) => {
      socket.once('message', (answer) => resolve(answer as Buffer));
      socket.send(data);
    });

  it.each(['api', 'exposed'] as const)('speak both ways on the %s port', async (port) => {
    const { socket, first } = await dial(
      port === 'api' ? scene.api.port : scene.api.exposedPort,
      at('open', '/live?x=1'),
      { Authorization: basic },
    );
    expect(first.url).toBe('/live?x=1');
    expect(first.headers).toMatchObject({
      'x-forwarded-prefix': '/system/services/open/exposed',
      upgrade: 'websocket',
    });
    expect(first.headers.authorization).toBeUndefined();
    expect(String(await echo(socket, 'hello'))).toBe('hello');
    const large = Buffer.alloc(3_000_000, 'z');
    expect((await echo(socket, large)).equals(large)).toBe(true);
    socket.close(4001);
    await until(
      () => scene.app.left,
      (left) => left.includes('socket 4001'),
    );
    scene.app.left.length = 0;
  });

  it('count as requests of their service', async () => {
    const count = () => scene.api.store.usage.totals().find(({ service }) => service === 'open')?.count ?? 0;
    const before = count();
    const { socket } = await dial(scene.api.exposedPort, at('open', '/live'), { Authorization: basic });
    socket.terminate();
    expect(count()).toBe(before + 1);
  });

  it('open with a cookie or a token, as pages do', async () => {
    const cookie = { Cookie: 'oscar_service_locked_auth={token:locked}' };
    const { socket, first } = await dial(scene.api.exposedPort, at('locked', '/w'), cookie);
    expect(first.headers.cookie).toBeUndefined();
    socket.terminate();
    const second = await dial(scene.api.exposedPort, at('locked', '/w?token={token:locked}'));
    expect(second.first.url).toBe('/w');
    second.socket.terminate();
    await until(
      () => scene.app.left.length,
      (count) => count >= 2,
    );
  });

  const refused: [title: string, path: string, status: string, headers?: Record<string, string>][] = [
    ['without credentials', at('locked', '/w'), '401'],
    ['of a strange host', at('open', '/w'), '421', { Host: 'evil.example' }],
    ['of a service that is not there', at('nobody', '/w'), '404'],
    ['of one that is not up', at('starting', '/w'), '503'],
    ['when nobody listens', at('refusing', '/w'), '503'],
    ['when the service hangs up', at('open', '/hang-up'), '502'],
    ['when the service refuses', at('open', '/refuse'), '403'],
  ];
  it.each(refused)('are refused %s', async (_title, path, status, headers) => {
    await expect(dial(scene.api.exposedPort, path, headers)).rejects.toThrow(status);
  });

  it('of nothing else are requests as any other', async () => {
    const upgrade = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
    expect((await exchange(scene.api.port, { method: 'GET', path: '/health', headers: upgrade })).status).toBe(200);
    expect((await exchange(scene.api.exposedPort, { method: 'GET', path: at('open'), headers: upgrade })).status).toBe(
      200,
    );
    await expect(dial(scene.api.port, '/health')).rejects.toThrow('200');
    await expect(dial(scene.api.exposedPort, '/')).rejects.toThrow('404');
  });

  it('end with the sandbox', async () => {
    const { socket } = await dial(scene.api.exposedPort, at('open', '/live'));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await scene.api.close();
    await closed;
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });
});
