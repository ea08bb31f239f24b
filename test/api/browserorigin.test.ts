import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received } from './exchange.ts';
import { exchange } from './exchange.ts';
import { at, type Scene, startScene } from './exposedscene.ts';
import { basic } from './started.ts';

const origin = 'http://localhost:5173';
const page = { Origin: origin, 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-site' };
type Door = 'api' | 's3' | 'exposed';

let scene: Scene;
let ports: Record<Door, number>;
/** A link to upload or download one object. */
const signed = async (operation: 'upload' | 'download', more: object = {}) => {
  const body = JSON.stringify({ object_key: 'dir/a b.txt', operation, ...more });
  const answer = await scene.api.ask('/system/buckets/shelf/presign', { method: 'POST', body });
  const { pathname, search } = new URL(((await answer.json()) as { url: string }).url);
  return pathname + search;
};

beforeAll(async () => {
  scene = await startScene();
  await scene.api.buckets.create('shelf', {});
  const { port, exposedPort, buckets } = scene.api;
  ports = { api: port, exposed: exposedPort, s3: Number(new URL(buckets.endpoint().url).port) };
});
afterAll(() => scene?.close());

const listed = (received: Received, name: string) =>
  String(received.headers[`access-control-allow-${name}`] ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);

function expectOpen({ headers }: Received): void {
  expect(['*', origin]).toContain(headers['access-control-allow-origin']);
}

const api = ['authorization', 'content-type'];
/** What @aws-sdk/client-s3 adds to a request. */
const sdk = [
  ...['amz-sdk-invocation-id', 'amz-sdk-request', 'authorization', 'content-type'],
  ...['x-amz-checksum-crc32', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-sdk-checksum-algorithm', 'x-amz-user-agent'],
];
const asked: { door: Door; path: string; methods: string[]; names: string[] }[] = [
  { door: 'api', path: '/system/info', methods: ['GET'], names: ['authorization'] },
  { door: 'api', path: '/system/services', methods: ['GET', 'POST', 'PUT'], names: api },
  { door: 'api', path: '/system/services/open', methods: ['GET', 'DELETE'], names: api },
  { door: 'api', path: '/system/services/open/stop', methods: ['POST'], names: api },
  {
    door: 'api',
    path: '/system/services/open/deployment/logs?timestamps=false&tailLines=200',
    methods: ['GET'],
    names: api,
  },
  { door: 'api', path: '/run/open', methods: ['POST'], names: api },
  { door: 'api', path: '/system/logs/open/job', methods: ['GET', 'DELETE'], names: api },
  { door: 'api', path: '/system/buckets', methods: ['GET', 'POST', 'PUT'], names: api },
  { door: 'api', path: '/system/buckets/shelf/presign', methods: ['POST'], names: api },
  { door: 'api', path: '/system/volumes/disk', methods: ['DELETE'], names: api },
  { door: 'api', path: '/system/quotas/user/ana', methods: ['GET', 'PUT'], names: api },
  { door: 'api', path: '/system/metrics/breakdown?group_by=user', methods: ['GET'], names: api },
  { door: 'api', path: '/system/status', methods: ['GET'], names: api },
  { door: 's3', path: '/', methods: ['GET'], names: sdk },
  { door: 's3', path: '/shelf?list-type=2&delimiter=%2F&prefix=dir%2F', methods: ['GET'], names: sdk },
  { door: 's3', path: '/shelf/dir/a%20b.txt', methods: ['GET', 'HEAD', 'PUT', 'DELETE', 'POST'], names: sdk },
  { door: 's3', path: '/no-such-bucket/key', methods: ['PUT'], names: sdk },
  { door: 'api', path: at('open'), methods: ['HEAD', 'GET'], names: ['authorization'] },
  { door: 'exposed', path: at('open'), methods: ['GET', 'POST'], names: ['content-type'] },
  { door: 'exposed', path: at('locked'), methods: ['GET'], names: ['authorization'] },
];

describe('a page of another origin asks first, without credentials, and may', () => {
  const each = asked.flatMap(({ methods, ...row }) => methods.map((method) => ({ ...row, method })));
  it.each(each)('$method $path of the $door port', async ({ door, path, method, names }) => {
    const headers = {
      ...page,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': names.join(','),
    };
    const received = await exchange(ports[door], { method: 'OPTIONS', path, headers });
    expect([200, 204]).toContain(received.status);
    expectOpen(received);
    expect(listed(received, 'methods')).toContain(method.toLowerCase());
    expect(listed(received, 'headers')).toEqual(expect.arrayContaining(names));
  });
});

describe('a page reads what it asked for', () => {
  const rows: [title: string, method: string, path: string, headers: object, status: number][] = [
    ['an answer', 'GET', '/system/config', { Authorization: basic }, 200],
    ['an empty one', 'GET', '/system/volumes', { Authorization: basic }, 200],
    ['that its password is wrong', 'GET', '/system/info', { Authorization: 'Basic eDp5' }, 401],
    ['that a service is not there', 'GET', '/system/services/none', { Authorization: basic }, 404],
    ['that a route is not there', 'GET', '/system/nothing', { Authorization: basic }, 404],
    ['that a body is none', 'POST', '/system/services', { Authorization: basic }, 400],
    ['health', 'GET', '/health', {}, 200],
    ['that a service is up', 'HEAD', at('open'), {}, 200],
    ['that a service is not up yet', 'HEAD', at('starting'), {}, 503],
    ['that a service wants its token', 'HEAD', at('locked'), {}, 401],
  ];
  it.each(rows)('%s: %s %s', async (_title, method, path, headers, status) => {
    const received = await exchange(ports.api, { method, path, headers: { ...page, ...headers } });
    expect(received.status).toBe(status);
    expectOpen(received);
    // Which job answered, and why not: pages read these only when they are shown.
    expect(received.headers['access-control-expose-headers']).toBeTruthy();
  });
});

describe('a page uploads and downloads by a link', () => {
  const shown = (received: Received) =>
    String(received.headers['access-control-expose-headers'])
      .toLowerCase()
      .split(/\s*,\s*/);

  it('and reads the ETag, the length and the type', async () => {
    const put = await exchange(ports.s3, { method: 'PUT', path: await signed('upload'), headers: page, body: 'hello' });
    expect(put.status).toBe(200);
    expectOpen(put);
    expect(put.headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(shown(put).some((name) => name === 'etag' || name === '*')).toBe(true);
    const got = await exchange(ports.s3, { method: 'GET', path: await signed('download'), headers: page });
    expect([got.status, got.text]).toEqual([200, 'hello']);
    expectOpen(got);
    // With credentials `*` would stand for itself alone.
    expect(shown(got)).toEqual(expect.arrayContaining(['etag', 'content-length', 'content-type']));
    expect(shown(got).some((name) => name.startsWith('x-amz-'))).toBe(true);
  });

  it('with the type that was signed, and with no other', async () => {
    const path = await signed('upload', { content_type: 'image/png' });
    const send = (type: string) =>
      exchange(ports.s3, { method: 'PUT', path, headers: { ...page, 'Content-Type': type }, body: 'x' });
    expect((await send('image/png')).status).toBe(200);
    expect((await send('text/html')).status).toBe(403);
  });

  it('and reads why it is refused', async () => {
    const path = (await signed('upload')).replace(/Signature=..../, 'Signature=0000');
    const put = await exchange(ports.s3, { method: 'PUT', path, headers: page, body: 'x' });
    expect([put.status, put.text]).toEqual([403, expect.stringContaining('<Code>SignatureDoesNotMatch</Code>')]);
    expectOpen(put);
    const bare = await exchange(ports.s3, { method: 'GET', path: '/shelf/none', headers: page });
    expect(bare.status).toBe(403);
    expectOpen(bare);
  });
});

it('had no failure of its own behind any of these answers', () => expect(scene.api.failures).toEqual([]));
