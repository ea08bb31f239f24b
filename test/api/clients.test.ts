import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/executors/executor.ts';
import { type ClientRequest, clientRequests } from '../fixtures/client-requests.ts';
import { platformRequests } from '../fixtures/platform-requests.ts';
import { exchange, type Received } from './exchange.ts';
import { basic, type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
/** The token of the page after the one that was read last. */
let next = '';
beforeAll(async () => {
  api = await startApi(observed);
});
afterAll(() => api?.close());

/** Two instances of the one service that is exposed, which print. */
function observed(): Deployment[] {
  const { name: service, fingerprint } = api?.store.services.get('shop') ?? {};
  const lines = [{ text: 'open' }, { text: 'first customer' }];
  return service && fingerprint ? [{ service, fingerprint, state: 'ready', instances: 2, lines }] : [];
}

const filled = (text: string): string =>
  text
    .replace('{basic}', basic)
    .replace('{next}', next)
    .replace(/\{token:([^}]+)\}/g, (_all, service: string) => api.token(service));

async function ask({ method, path, headers = {}, body, chunked }: ClientRequest): Promise<Received> {
  const all = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filled(value)]));
  return exchange(api.port, {
    method,
    path: filled(path),
    headers: all,
    ...(body === undefined ? {} : { body: body.replaceAll('{api}', `http://127.0.0.1:${api.port}`), chunked }),
  });
}

async function holds(row: ClientRequest): Promise<void> {
  // A call is told in the system logs once it is over, which is a moment after its answer.
  const told = (received: Received) => row.path.startsWith('/system/logs?') && row.like?.test(received.text) === false;
  const received = await until(
    () => ask(row),
    (answer) => !told(answer),
  );
  const { status, text, headers } = received;
  expect({ status, text: row.answer ?? text }).toEqual({ status: row.status, text });
  if (row.holds) expect(JSON.parse(text)).toMatchObject(JSON.parse(filled(JSON.stringify(row.holds))));
  if (row.like) expect(text).toMatch(row.like);
  if (row.unlike) expect(text).not.toMatch(row.unlike);
  for (const [name, value] of Object.entries(row.answerHeaders ?? {})) expect(headers[name]).toMatch(value);
  if (row.kept) {
    const payload = api.store.invocations.payload(String(headers['x-oscar-sandbox-job']));
    expect(payload && 'bytes' in payload ? payload.bytes.toString() : payload).toBe(row.body);
  }
  next = /"next_page":"([^"]+)"/.exec(text)?.[1] ?? next;
}

const title = '$who $does: $method $path';
describe('a fresh cluster', () => {
  it.each(clientRequests.nothingYet)(title, holds);
  it.each(clientRequests.beforeAnything)(title, holds);
});
describe('declaring', () => it.each(clientRequests.declaring)(title, holds));
describe('calling', () => it.each(clientRequests.calling)(title, holds));

describe('jobs and their logs', () => {
  const at = Date.parse('2026-06-12T07:05:29.750Z');
  const finished = (service: string, id: string, state: 'Succeeded' | 'Failed') => ({
    id,
    service,
    serviceVersion: 1,
    pinned: false,
    kind: 'job' as const,
    state,
    attempt: 1,
    createdAt: at,
    startedAt: at + 1000,
    finishedAt: at + 2000,
  });

  beforeAll(async () => {
    await api.serve('one', 'print first');
    await api.serve('many', 'cat');
    const { invocations, logs } = api.store;
    await invocations.add(finished('one', 'one-a', 'Succeeded'));
    const log = logs.open('one', 'one-a');
    for (const line of ['first', 'second']) log.line(line);
    await log.close();
    await api.serve('slow', 'cat');
    const { finishedAt: _never, ...running } = finished('slow', 'slow-a', 'Succeeded');
    await invocations.add({ ...running, state: 'Running' });
    const { startedAt: _notYet, ...pending } = running;
    await invocations.add({ ...pending, id: 'slow-b', state: 'Pending' });
    for (let i = 0; i < 73; i += 1) {
      const id = `many-${String(i).padStart(2, '0')}`;
      await invocations.add(finished('many', id, i === 0 ? 'Failed' : 'Succeeded'));
    }
  });
  it.each(clientRequests.logs)(title, holds);
});

describe('buckets', () => {
  beforeAll(async () => {
    await api.buckets.create('full', {});
    const put = (i: number) => api.buckets.put('full', `key-${i}`, { bytes: Buffer.from('x') }, {});
    await Promise.all(Array.from({ length: 1005 }, (_, i) => put(i)));
  });
  it.each(clientRequests.buckets)(title, holds);
});

describe('volumes and quotas', () => {
  beforeAll(() => api.store.accounts.ensure('ana'));
  it.each(clientRequests.volumes)(title, holds);
});

describe('the platform', () => {
  it.each(platformRequests.status)(title, holds);
  it.each(platformRequests.metrics)(title, holds);
  it.each(platformRequests.federation)(title, holds);
  it.each(platformRequests.js)(title, holds);
});

describe('how services run', () => it.each(platformRequests.deployment)(title, holds));

it('had no failure of its own behind any of these answers', () => expect(api.failures).toEqual([]));
