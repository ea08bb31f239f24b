import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

/** Reads a stream piece by piece; `until` waits for a text in what came so far. */
function reading(answer: Response) {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  let heard = '';
  return {
    until: async (wanted: string): Promise<string> => {
      while (!heard.includes(wanted)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The stream ended with: ${heard}`);
        heard += Buffer.from(value).toString();
      }
      return heard;
    },
    rest: async (): Promise<string> => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return heard;
        heard += Buffer.from(value).toString();
      }
    },
    leave: () => reader.cancel(),
  };
}

const queue = async (service: string): Promise<string> => {
  const answer = await api.ask(`/job/${service}`, { method: 'POST', body: 'x' });
  return answer.headers.get('x-oscar-sandbox-job') ?? '';
};

describe('a log that is followed', () => {
  it('comes while the job runs and ends when the job is removed', async () => {
    await api.serve('endless', 'hang');
    const id = await queue('endless');
    const log = reading(await api.ask(`/system/logs/endless/${id}?follow=true`));
    expect(await log.until('waiting\n')).toBe('waiting\n');
    await api.ask(`/system/logs/endless/${id}`, { method: 'DELETE' });
    expect(await log.rest()).toMatch(/^waiting\n/);
  });

  it('tells every line once and ends with the job', async () => {
    await api.serve('brief', 'print a|b|c');
    const id = await queue('brief');
    expect(await (await api.ask(`/system/logs/brief/${id}?follow=true`)).text()).toBe('a\nb\nc\n');
    expect(
      (
        await until(
          () => api.store.invocations.get(id),
          (job) => job?.finishedAt !== undefined,
        )
      )?.state,
    ).toBe('Succeeded');
    expect(await (await api.ask(`/system/logs/brief/${id}?follow=true`)).text()).toBe('a\nb\nc\n');
  });

  it('waits for a job that still waits', async () => {
    await api.serve('busy', 'hang');
    const ids: string[] = [];
    // Four run at once: the fifth has no log yet.
    for (let i = 0; i < 5; i += 1) ids.push(await queue('busy'));
    const last = ids[4] ?? '';
    await until(
      () => api.store.invocations.counts('busy'),
      ({ Running }) => Running === 4,
    );
    expect((await api.ask(`/system/logs/busy/${last}`)).status).toBe(404);
    const log = reading(await api.ask(`/system/logs/busy/${last}?follow=true`));
    await api.ask(`/system/logs/busy/${ids[0]}`, { method: 'DELETE' });
    expect(await log.until('waiting\n')).toBe('waiting\n');
    await log.leave();
    expect((await api.ask('/system/logs/busy?all=true', { method: 'DELETE' })).status).toBe(204);
  });
});

describe('the stream of happenings', () => {
  it('tells what happens as it happens', async () => {
    const answer = await api.ask('/sandbox/events');
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const events = reading(answer);
    await events.until(': here\n\n');
    await api.serve('announced', 'print x');
    const told = await events.until('"service":"announced"');
    expect(told).toMatch(/^: here\n\ndata: \{.*"kind":"service-declared".*\}\n\n$/);
    await events.leave();
  });

  it('tells the recent ones first when it is asked to', async () => {
    const events = reading(await api.ask('/sandbox/events?recent=true'));
    const told = await events.until('"service":"announced"');
    expect(told.match(/^data: /gm)?.length).toBeGreaterThan(1);
    api.tell({ kind: 'file-refused', text: 'a.yaml:1:1 broken' });
    expect(await events.until('file-refused')).toMatch(/"text":"a\.yaml:1:1 broken"\}\n\n$/);
    await events.leave();
  });

  it('ends after the recent ones when nothing more is wanted', async () => {
    const answer = await api.ask('/sandbox/events?recent=true&follow=false');
    expect(await answer.text()).toContain('"service":"announced"');
  });

  it('is closed to those without credentials', async () => {
    expect((await api.ask('/sandbox/events', { admin: false })).status).toBe(401);
  });
});

describe('the page at the root', () => {
  it('says what this is and how to log in, and holds nothing secret', async () => {
    const answer = await api.ask('/', { admin: false });
    const page = await answer.text();
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'text/html; charset=utf-8',
    });
    expect(page).toMatch(/OSCAR Sandbox 0\.1\.0[\s\S]*oscar-sandbox credentials/);
    const { accessKey, secretKey } = api.buckets.endpoint();
    for (const secret of [accessKey, secretKey, 'pass:wörd']) expect(page).not.toContain(`>${secret}<`);
    expect(page).not.toContain('<script');
  });

  it.each(['/ui', '/ui/', '/ui/assets/index.js'])('is where %s leads', async (path) => {
    const answer = await api.ask(path, { admin: false });
    expect({ status: answer.status, to: answer.headers.get('location') }).toEqual({ status: 302, to: '/' });
  });
});

describe('the right to see an exposed service', () => {
  const cookie = (token: string) =>
    `oscar_service_be_seen_auth=${token}; Path=/system/services/be-seen/exposed; HttpOnly; SameSite=Lax`;
  const wrong = 'b'.repeat(64);
  const asking = async (query: string, headers: Record<string, string>) => {
    const token = api.token('be-seen');
    const fill = (text: string) => text.replace('{token}', token);
    const all = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));
    const answer = await api.ask(`/system/services/be-seen/auth${fill(query)}`, { admin: false, headers: all });
    return { status: answer.status, cookie: answer.headers.get('set-cookie') };
  };
  beforeAll(() => api.serve('be-seen', 'cat'));

  const rows: [by: string, query: string, headers: Record<string, string>, status: number][] = [
    ['a bearer', '', { Authorization: 'Bearer {token}' }, 200],
    ['a query', '?token={token}', {}, 200],
    [
      'the address that a gateway got',
      '',
      { 'X-Forwarded-Uri': '/system/services/be-seen/exposed/?token={token}' },
      200,
    ],
    ['a cookie', '', { Cookie: 'a=b; oscar_service_be_seen_auth={token}' }, 200],
    ['the cookie beside a wrong query', `?token=${wrong}`, { Cookie: 'oscar_service_be_seen_auth={token}' }, 200],
    ['a wrong bearer beside the right query', '?token={token}', { Authorization: `Bearer ${wrong}` }, 401],
    ['the cookie of another service', '', { Cookie: `oscar_service_be_seen_auth=${wrong}` }, 401],
    ['nothing', '', {}, 401],
  ];
  it.each(rows)('is shown by %s: %s', async (_by, query, headers, status) => {
    const answer = await asking(query, headers);
    expect(answer).toEqual({ status, cookie: status === 200 ? cookie(api.token('be-seen')) : null });
  });

  it('needs no cookie for the administrator, who is told of a missing service', async () => {
    const answer = await api.ask('/system/services/be-seen/auth');
    expect({ status: answer.status, cookie: answer.headers.get('set-cookie') }).toEqual({ status: 200, cookie: null });
    expect((await api.ask('/system/services/none/auth')).status).toBe(404);
  });
});

it('presigns links that work as they are handed out', async () => {
  await api.ask('/system/buckets', { method: 'POST', body: '{"bucket_name":"links"}' });
  const presigned = async (wanted: object) => {
    const answer = await api.ask('/system/buckets/links/presign', { method: 'POST', body: JSON.stringify(wanted) });
    return (await answer.json()) as { url: string; method: string; headers?: Record<string, string> };
  };
  const headers = { 'x-amz-meta-who': 'me' };
  const up = await presigned({
    object_key: 'a b/ü.txt',
    operation: 'upload',
    content_type: 'text/x-odd',
    extra_headers: headers,
  });
  expect((await fetch(up.url, { method: up.method, headers: up.headers ?? {}, body: 'content' })).status).toBe(200);
  const { url } = await presigned({ object_key: 'a b/ü.txt', operation: 'download', content_type: 'text/html' });
  const down = await fetch(url);
  const type = down.headers.get('content-type');
  expect({ type, who: down.headers.get('x-amz-meta-who'), text: await down.text() }).toEqual({
    type: 'text/html',
    who: 'me',
    text: 'content',
  });
});

it('offers the schema of its files', async () => {
  const schema = await (await api.ask('/sandbox/schema')).json();
  expect(schema).toMatchObject({ type: 'object', required: ['functions'] });
});

it('names keys that do nothing in a header', async () => {
  const body = JSON.stringify({ name: 'typo', image: 'i', script: 's', memmory: '1Gi' });
  const answer = await api.ask('/system/services', { method: 'POST', body });
  expect({ status: answer.status, hint: answer.headers.get('x-oscar-sandbox-hint') }).toEqual({
    status: 201,
    hint: 'OSCAR does not know these keys, so they do nothing: memmory.',
  });
});

it('answers HEAD like GET, without the body', async () => {
  const answer = await api.ask('/system/services/be-seen', { method: 'HEAD' });
  expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 200, text: '' });
  expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(100);
});

it('had no failure of its own behind any of these answers', () => expect(api.failures).toEqual([]));
