import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const run = (service: string, body: string | Buffer = 'x', headers: Record<string, string> = {}) =>
  api.ask(`/run/${service}`, { method: 'POST', body, headers });
const told = async (answer: Response) => ({ status: answer.status, text: await answer.text() });
const octets = { 'Content-Type': 'application/octet-stream' };

describe('a synchronous call', () => {
  it('names its invocation and the form of its answer, and can be looked at afterwards', async () => {
    await api.serve('printer', 'print one|two');
    const answer = await run('printer');
    expect(await told(answer)).toEqual({ status: 200, text: 'one\ntwo\n\n' });
    expect(answer.headers.get('x-oscar-sandbox-answer')).toBe('output');
    const id = answer.headers.get('x-oscar-sandbox-invocation') ?? '';
    const seen = await until(
      () => api.ask(`/sandbox/invocations/${id}`),
      ({ status }) => status === 200,
    );
    expect(await seen.json()).toMatchObject({ id, service: 'printer', kind: 'run', state: 'Succeeded', exitCode: 0 });
    expect(await (await api.ask(`/system/logs/printer/${id}`)).text()).toBe('one\ntwo\n');
  });

  it('that fails is 500 with the exit code and what was printed', async () => {
    await api.serve('failing', 'fail it broke');
    const answer = await run('failing', 'x', octets);
    expect(await told(answer)).toEqual({ status: 500, text: 'exit status 3\nit broke\n\n' });
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-oscar-sandbox-hint')).toBe('The script ended with exit code 3.');
  });

  it('whose time is up is 408', async () => {
    await api.serve('late', 'late');
    expect(await told(await run('late'))).toEqual({ status: 408, text: 'Killed process.\n\n' });
  });

  it('that this machine cannot serve is told why', async () => {
    await api.serve('greedy', 'refuse It wants a GPU.');
    expect(await told(await run('greedy'))).toEqual({ status: 503, text: 'It wants a GPU.\n\n' });
  });

  it.each([
    ['a file', 'file', 'hello', 'file'],
    ['bytes that end between threes', 'file', 'hell', 'file'],
  ])('answers %s in base64 on one line', async (_what, verb, content, form) => {
    await api.serve(`b64-${content}`, `${verb} ${content}`);
    const answer = await run(`b64-${content}`);
    expect(answer.headers.get('x-oscar-sandbox-answer')).toBe(form);
    expect(await told(answer)).toEqual({ status: 200, text: `${Buffer.from(content).toString('base64')}\n` });
  });

  it('streams a large file in base64 with its length told before', async () => {
    const content = Buffer.from(Array.from({ length: 3_000_001 }, (_, i) => i % 251));
    const file = join(api.folder, 'large');
    await writeFile(file, content);
    await api.serve('large', `bigfile ${file}`);
    const answer = await run('large');
    const text = await answer.text();
    expect(Number(answer.headers.get('content-length'))).toBe(text.length);
    expect(text.endsWith('\n')).toBe(true);
    expect(Buffer.from(text, 'base64').equals(content)).toBe(true);
  });

  it.each([
    ['text', '68c3a9206c6c6f0a', 'text/plain; charset=utf-8'],
    ['colours', '1b5b33316d726564', 'text/plain; charset=utf-8'],
    ['bytes', '89504e470d0a1a0a0000', 'application/octet-stream'],
  ])('calls %s what it looks like when the caller named no type', async (name, hex, type) => {
    await api.serve(`sniffed-${name}`, `bytes ${hex}`);
    const answer = await api.ask(`/run/sniffed-${name}`, { method: 'POST', body: Buffer.from('x') });
    expect(answer.headers.get('content-type')).toBe(type);
    expect(Buffer.from(await answer.arrayBuffer()).toString('hex')).toBe(`${hex}0a`);
  });

  it('hands headers and query to the script, and no credentials', async () => {
    await api.serve('looking', 'variables');
    const answer = await api.ask('/run/looking?a=1&b=%20', {
      method: 'POST',
      body: 'four',
      headers: {
        ...octets,
        'X-My-Header': 'caf\u00c3\u00a9',
        Cookie: 'secret=1',
        'User-Agent': 'test',
        'X-Bad.Name': '1',
        'X-Forwarded-For': '9.9.9.9',
      },
    });
    const variables = new Map(
      (await answer.text())
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s) as [string, string]),
    );
    expect(Object.fromEntries([...variables].filter(([name]) => !/Accept|Sec_|Connection/.test(name)))).toEqual({
      Http_Content_Length: '4',
      Http_ContentLength: '4',
      Http_Content_Type: 'application/octet-stream',
      Http_Host: 'looking.oscar-svc',
      Http_Method: 'POST',
      Http_Path: '/',
      Http_Query: 'a=1&b=%20',
      Http_User_Agent: 'test',
      Http_X_Forwarded_For: '9.9.9.9, 127.0.0.1',
      Http_X_My_Header: 'café',
    });
  });

  it('ends when its caller is gone', async () => {
    await api.serve('hanging', 'hang');
    const out = request({ port: api.port, method: 'POST', path: '/run/hanging', headers: { Authorization: basic } });
    out.on('error', () => undefined);
    out.end('x');
    await until(
      () => api.happened(),
      (all) => all.some((h) => h.kind === 'invocation-started' && h.service === 'hanging'),
    );
    out.destroy();
    const ended = await until(
      () => api.store.invocations.recent({ service: 'hanging', limit: 1 }),
      ([last]) => last?.finishedAt !== undefined,
    );
    expect(ended[0]).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
    const lines = await until(
      () => api.store.requests.list(),
      (all) => all.some(({ path }) => path === '/run/hanging'),
    );
    expect(lines.find(({ path }) => path === '/run/hanging')).toMatchObject({
      status: 499,
      method: 'POST',
      user: 'oscar',
    });
  });
});

describe('a large body', () => {
  const body = Buffer.alloc(2_500_000, 'abc');

  it('of a synchronous call arrives whole and leaves nothing behind', async () => {
    await api.serve('copying', 'cat');
    const answer = Buffer.from(await (await run('copying', body, octets)).arrayBuffer());
    expect(answer.equals(Buffer.concat([body, Buffer.from('\n')]))).toBe(true);
    expect(await api.spooled()).toEqual([]);
  });

  it('of a job is kept in a file until the job is removed', async () => {
    const answer = await api.ask('/job/copying', { method: 'POST', body, headers: octets });
    const id = answer.headers.get('x-oscar-sandbox-job') ?? '';
    const payload = api.store.invocations.payload(id);
    expect(payload).toMatchObject({ size: body.length });
    expect(await api.spooled()).toHaveLength(1);
    await until(
      () => api.store.invocations.get(id),
      (job) => job?.state === 'Succeeded',
    );
    expect(await api.spooled()).toHaveLength(1);
    expect((await api.ask(`/system/logs/copying/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await api.spooled()).toEqual([]);
  });
});

describe('the calls of a service', () => {
  it('are told with who made them', async () => {
    await api.serve('told', 'cat');
    await api.ask('/run/told', { method: 'POST', body: 'x' });
    await api.ask('/job/told', {
      method: 'POST',
      body: 'x',
      admin: false,
      headers: { Authorization: `Bearer ${api.token('told')}` },
    });
    await api.ask('/run/told', { method: 'POST', body: 'x', admin: false });
    const mine = await until(
      async () => {
        const { logs } = (await (await api.ask('/system/logs')).json()) as { logs: Record<string, string | number>[] };
        return logs.filter(({ path }) => String(path).endsWith('/told'));
      },
      (lines) => lines.length === 3,
    );
    expect(
      mine.map(({ status, method, path, user, client_ip }) => [status, method, path, user, client_ip].join(' ')),
    ).toEqual([
      '200 POST /run/told oscar 127.0.0.1',
      '201 POST /job/told nil 127.0.0.1',
      '401 POST /run/told oscar 127.0.0.1',
    ]);
    expect(mine[0]?.raw).toMatch(
      /^\[GIN-EXECUTIONS-LOGGER\] \d{4}\/\d\d\/\d\d - \d\d:\d\d:\d\d \| 200 \| {2,}[\d.]+(µs|ms) \| 127\.0\.0\.1 \| POST {4}\/run\/told \| oscar$/,
    );
  });

  it('can be replayed', async () => {
    await api.serve('again', 'cat');
    const first = (await api.ask('/job/again', { method: 'POST', body: 'x' })).headers.get('x-oscar-sandbox-job') ?? '';
    await until(
      () => api.store.invocations.get(first),
      (job) => job?.state === 'Succeeded',
    );
    const answer = await api.ask(`/sandbox/invocations/${first}/replay`, {
      method: 'POST',
      body: '{"version":"today"}',
    });
    expect({ status: answer.status, view: await answer.json() }).toMatchObject({
      status: 201,
      view: { replayOf: first, service: 'again', kind: 'job' },
    });
    const listed = await (await api.ask('/sandbox/invocations?service=again&limit=5')).json();
    expect(listed).toMatchObject([{ replayOf: first }, { id: first, createdAt: expect.stringMatching(/Z$/) }]);
  });
});

it('lets go of every answer once it was sent', async () => {
  expect(
    await until(
      () => api.held(),
      (held) => held === 0,
    ),
  ).toBe(0);
});

it('had no failure of its own behind any of these answers', () => expect(api.failures).toEqual([]));
