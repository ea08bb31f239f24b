import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, createWorld, failureOf, type World } from '../world.ts';

const Bucket = 'protocol';
let world: World;
beforeAll(async () => {
  world = await createWorld({ isOurHost: (host) => /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host ?? '') });
  await world.s3.send(new CreateBucketCommand({ Bucket }));
  await world.s3.send(new PutObjectCommand({ Bucket, Key: 'here', Body: 'here' }));
});
afterAll(() => world.close());

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
  continued: boolean;
}

/** Asks plainly; `body` is sent at once, or after 100-continue when the headers expect it. */
function ask(path: string, { body, ...options }: RequestOptions & { body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let continued = false;
    const request = httpRequest(`${world.url}${path}`, options, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer), continued });
      request.destroy();
    });
    request.on('error', reject);
    if (options.headers && 'expect' in options.headers) {
      request.on('continue', () => {
        continued = true;
        request.end(body);
      });
      request.flushHeaders();
    } else request.end(body);
  });
}

const signedPut = (Key: string) => getSignedUrl(world.s3, new PutObjectCommand({ Bucket, Key }));

describe('the server', () => {
  it.each(['/minio/health/live', '/minio/health/ready'])('is well at %s, for everyone', async (path) => {
    expect((await ask(path)).status).toBe(200);
    expect((await ask(path, { method: 'HEAD' })).status).toBe(200);
  });

  it('answers in the words of S3, with a request id', async () => {
    const answer = await ask('/protocol/missing');
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('application/xml');
    expect(answer.body).toContain('<Error><Code>AccessDenied</Code>');
    expect(answer.body).toContain('<Resource>/protocol/missing</Resource>');
    expect(answer.body).toContain(`<RequestId>${answer.headers['x-amz-request-id']}</RequestId>`);
  });

  it('refuses names of hosts that are not its own', async () => {
    expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await ask('/minio/health/live', { headers: { host: 'localhost:1' } })).status).toBe(200);
  });

  it.each(['TRACE', 'PATCH', 'PROPFIND'])('does not know the method %s', async (method) => {
    expect((await ask('/protocol/here', { method })).status).toBe(405);
  });

  it('refuses an address that is no text', async () => {
    expect((await ask('/protocol/%ff')).status).toBe(400);
  });

  it('tells nobody who may not ask whether a bucket exists', async () => {
    expect((await ask('/no-such-bucket/x')).body).toContain('AccessDenied');
  });

  it('refuses the key of a stranger and the wrong secret', async () => {
    const stranger = clientOf(world.url, { credentials: { accessKeyId: 'stranger', secretAccessKey: 'x' } });
    const liar = clientOf(world.url, { credentials: { accessKeyId: 'minioadmin', secretAccessKey: 'x' } });
    const here = new GetObjectCommand({ Bucket, Key: 'here' });
    expect((await failureOf(stranger.send(here))).name).toBe('InvalidAccessKeyId');
    expect((await failureOf(liar.send(here))).name).toBe('SignatureDoesNotMatch');
  });

  it('serves a connection again and again', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.write('GET /minio/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.write('GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const answers = await text(socket);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
  });
});

describe('a body', () => {
  it('is asked for when the client waits for that', async () => {
    const url = new URL(await signedPut('waited'));
    const headers = { expect: '100-continue', 'content-length': '5' };
    const answer = await ask(url.pathname + url.search, { method: 'PUT', headers, body: 'hello' });
    expect(answer).toMatchObject({ status: 200, continued: true });
  });

  it('is not asked for when the request is refused anyway', async () => {
    const headers = { expect: '100-continue', 'content-length': '5000000000' };
    const answer = await ask('/protocol/waited', { method: 'PUT', headers });
    expect(answer).toMatchObject({ status: 403, continued: false });
    expect(answer.headers.connection).toBe('close');
  });

  it('that is sent without need does not keep the client from the answer', async () => {
    const answer = await ask('/protocol/waited', { method: 'PUT', body: 'x'.repeat(3_000_000) });
    expect(answer.status).toBe(403);
    expect(answer.headers.connection).toBe('close');
  });

  it('that breaks off leaves nothing', async () => {
    const before = await world.files();
    const url = new URL(await signedPut('broken'));
    const socket = connect(world.port, '127.0.0.1');
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 10000000\r\n\r\n`);
    socket.write(Buffer.alloc(3_000_000, 'x'));
    await expect.poll(world.files).toHaveLength(before.length + 1);
    socket.destroy();
    await expect.poll(world.files).toEqual(before);
    expect((await failureOf(world.s3.send(new GetObjectCommand({ Bucket, Key: 'broken' })))).name).toBe('NoSuchKey');
    expect(world.heard.map(({ event }) => event.key)).not.toContain('broken');
    expect(world.complaints).toEqual([]);
  });

  it('that is read no further by a client that leaves is no fault', async () => {
    await world.s3.send(new PutObjectCommand({ Bucket, Key: 'long', Body: Buffer.alloc(20_000_000) }));
    const url = await getSignedUrl(world.s3, new GetObjectCommand({ Bucket, Key: 'long' }));
    const leaving = new AbortController();
    const answer = await fetch(url, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    expect((await ask('/minio/health/live')).status).toBe(200);
    expect(world.complaints).toEqual([]);
  });
});

describe('a page of another origin', () => {
  const origin = 'http://dashboard.example';

  it('may ask beforehand without credentials', async () => {
    const headers = {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization,x-amz-date',
    };
    const answer = await ask('/protocol/x', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT, POST, DELETE, HEAD',
      'access-control-allow-headers': 'authorization,x-amz-date',
    });
  });

  it('may read every answer, of failures too', async () => {
    const url = await getSignedUrl(world.s3, new GetObjectCommand({ Bucket, Key: 'here' }));
    for (const address of [url, `${world.url}/protocol/here`]) {
      const { headers } = await fetch(address, { headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toMatch(/ETag.*Content-Range.*x-amz-version-id/);
    }
  });
});
