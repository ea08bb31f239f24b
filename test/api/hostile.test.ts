import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenRequests, type HostileRequest, hostileRequests } from '../fixtures/hostile-requests.ts';
import { exchange, raw } from './exchange.ts';
import { basic, type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
  await api.serve('victim', 'cat');
  await api.serve('other', 'cat');
  await api.buckets.create('taken', {});
  await api.ask('/job/victim', { method: 'POST', headers: { 'X-Delegated-Job-ID': 'twin' }, body: 'x' });
});
afterAll(() => api?.close());

const filled = (text: string): string =>
  text.replaceAll('{basic}', basic).replace(/\{token:([^}]+)\}/g, (_all, service: string) => api.token(service));

const stillServes = async () => {
  const { status, text } = await exchange(api.port, {
    method: 'POST',
    path: '/run/victim',
    headers: { Authorization: basic },
    body: 'still here',
  });
  expect({ status, text }).toEqual({ status: 200, text: 'still here\n' });
};

it('is asked at least thirty bad things', () => expect(hostileRequests.length).toBeGreaterThanOrEqual(30));

describe('a bad request gets its sentence, and the next one is served', () => {
  it.each(hostileRequests)('$title', async ({ method, path, headers = {}, body, status, says }: HostileRequest) => {
    const all = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filled(value)]));
    const answer = await exchange(api.port, { method, path, headers: all, ...(body === undefined ? {} : { body }) });
    expect({ status: answer.status, said: answer.text }).toEqual({
      status,
      said: typeof says === 'string' ? says : expect.stringMatching(says),
    });
    await stillServes();
  });
});

describe('what is no request at all ends its own connection alone', () => {
  it.each(brokenRequests)('$title', async ({ bytes, cut, answer }) => {
    expect(await raw(api.port, filled(bytes), { cut: cut ?? false })).toMatch(answer);
    await stillServes();
  });
});

it('made nothing of all that: no service, no bucket, no job', async () => {
  expect(api.store.services.list().map(({ name }) => name)).toEqual(['other', 'victim']);
  expect((await api.buckets.list()).map(({ name }) => name)).toEqual(['taken']);
  expect(api.store.invocations.page('victim', { limit: 10 }).map(({ id }) => id)).toEqual(['twin']);
});

it('keeps nothing of a large body that was cut', async () => {
  const head = `POST /job/victim HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic}\r\nContent-Length: 9000000\r\n\r\n`;
  const socket = connect(api.port, '127.0.0.1');
  socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(3_000_000, 'x')]));
  await until(
    () => api.spooled(),
    (files) => files.length === 1,
  );
  socket.destroy();
  expect(
    await until(
      () => api.spooled(),
      (files) => files.length === 0,
    ),
  ).toEqual([]);
  await stillServes();
});

it('had no failure of its own behind any of these answers', () => expect(api.failures).toEqual([]));
