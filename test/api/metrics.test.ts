import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi, until } from './started.ts';

const day = 86_400_000;
let api: StartedApi;
let as: ReturnType<typeof askAs>;

const said = async (answer: Response) => `${answer.status} ${await answer.text()}`.trimEnd();
const read = async <T>(who: string, path: string): Promise<T> => {
  const answer = await as(who, path);
  if (answer.status !== 200) throw new Error(await said(answer));
  return (await answer.json()) as T;
};
const declare = async (who: string, name: string, more: object) => {
  const json = { name, image: 'docker.io/library/alpine', script: '#!/bin/sh\ncat\n', ...more };
  expect((await as(who, '/system/services', { method: 'POST', json })).status).toBe(201);
};

interface Summary {
  start: string;
  end: string;
  totals: Record<string, unknown>;
  sources: { name: string; status: string; notes?: string }[];
}
interface Metric {
  metric: string;
  value: number;
  unit?: string;
  sources: { name: string }[];
}

/** Long ago: exactly what is written down here happened then, whatever is asked in these tests. */
const then = Date.UTC(2026, 0, 5, 12);
const span = `start=${new Date(then).toISOString()}&end=${new Date(then + day).toISOString()}`;

/** An invocation that was over at a time, after it had run for so long. */
const worked = (
  service: string,
  { at, seconds, kind = 'job' }: { at: number; seconds: number; kind?: 'run' | 'job' },
) =>
  api.store.invocations.record({
    id: `${service}-${at}`,
    service,
    serviceVersion: 1,
    pinned: false,
    kind,
    state: 'Failed',
    attempt: 1,
    createdAt: at - seconds * 1000,
    startedAt: at - seconds * 1000,
    finishedAt: at,
  });
const called = (path: string, user: string, at = then + 1000) =>
  api.store.requests.add({ time: at, status: 200, latencyNs: 5, clientIp: '127.0.0.1', method: 'POST', path, user });

beforeAll(async () => {
  api = await startApi(() => [], people());
  as = askAs(api);
  await declare('alice', 'hers', { cpu: '500m' });
  await declare('alice', 'shown', { cpu: '2', enable_gpu: true, visibility: 'public' });
  await declare('admin', 'his', {});
  await called('/run/hers', 'alice');
  await called('/run/hers', 'alice', then + day);
  await called('/job/hers', 'nil');
  await called('/job/shown/', 'bob');
  await called('/run/gone', 'oscar');
  await called('/run/his', 'oscar', then - 1);
  await api.store.usage.visited('shown', then);
  await api.store.usage.visited('shown', then + day);
  await api.store.usage.visited('page', then + 5);
  await worked('hers', { at: then + 3_600_000, seconds: 1800 });
  await worked('hers', { at: then + 7_200_000, seconds: 1800, kind: 'run' });
  await worked('shown', { at: then + 60_000, seconds: 36 });
  await worked('shown', { at: then - 1, seconds: 5000 });
});
afterAll(async () => {
  expect(api.failures).toEqual([]);
  await api.close();
});

describe('GET /system/metrics', () => {
  it('tells the administrator of everything that was asked, in the order of OSCAR', async () => {
    const text = await (await as('admin', `/system/metrics?${span}`)).text();
    const { sources, ...rest } = JSON.parse(text) as Summary;
    expect(JSON.stringify(rest)).toBe(
      '{"start":"2026-01-05T12:00:00Z","end":"2026-01-06T12:00:00Z","totals":{"services_count_active":3,"services_count_total":4,"cpu_hours_total":0.52,"gpu_hours_total":0.01,"requests_count_total":5,"requests_count_sync":3,"requests_count_async":2,"requests_count_exposed":3,"countries_count":0,"countries":[],"users_count":4,"users":["alice","bob","nil","oscar"]}}',
    );
    expect(sources.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'service-inventory: ok',
      'prometheus: partial',
      'request-logs: ok',
      'country-attribution: missing',
      'exposed-request-logs: ok',
    ]);
  });

  it.each([
    [
      'alice',
      { services_count_active: 2, services_count_total: 2, requests_count_total: 4, requests_count_exposed: 2 },
    ],
    ['alice', { users: ['alice', 'bob', 'nil'], cpu_hours_total: 0.52 }],
    ['bob', { services_count_active: 1, services_count_total: 1, requests_count_total: 1, requests_count_exposed: 2 }],
    ['bob', { users: ['bob'], users_count: 1, cpu_hours_total: 0.02, gpu_hours_total: 0.01 }],
  ])('tells %s of the services that are theirs to see: %o', async (who, totals) => {
    expect((await read<Summary>(who, `/system/metrics?${span}`)).totals).toMatchObject(totals);
  });

  it('has no lists, and no country to find out, where nothing was called', async () => {
    const at = '2020-01-01T00:00:00Z';
    expect(await (await as('admin', `/system/metrics?start=${at}&end=${at}`)).text()).toBe(
      `{"start":"${at}","end":"${at}","totals":{"services_count_active":3,"services_count_total":0,"cpu_hours_total":0,"gpu_hours_total":0,"requests_count_total":0,"requests_count_sync":0,"requests_count_async":0,"requests_count_exposed":0,"countries_count":0,"countries":null,"users_count":0,"users":null},"sources":[{"name":"service-inventory","status":"ok"},{"name":"prometheus","status":"missing","notes":"invalid time range"},{"name":"request-logs","status":"ok"},{"name":"exposed-request-logs","status":"ok"}]}`,
    );
  });

  it('tells of the last 24 hours when no time is given, and of those before an end', async () => {
    const lasting = ({ start, end }: Summary) => Date.parse(end) - Date.parse(start);
    expect(lasting(await read<Summary>('admin', '/system/metrics'))).toBe(day);
    const { start, end } = await read<Summary>('admin', '/system/metrics?end=2026-03-01T01:02:03.450%2B02:00');
    expect({ start, end }).toEqual({ start: '2026-02-28T01:02:03.45+02:00', end: '2026-03-01T01:02:03.45+02:00' });
  });

  it.each([
    ['2026-01-05T12:00:00Z', '2026-01-05T12:00:00Z'],
    ['2026-01-05T12:00:00.000000000Z', '2026-01-05T12:00:00Z'],
    ['2026-01-05T12:00:00.123456789Z', '2026-01-05T12:00:00.123456789Z'],
    ['2026-01-05T12:00:00.1200-05:30', '2026-01-05T12:00:00.12-05:30'],
    ['2026-01-05T12:00:00+00:00', '2026-01-05T12:00:00Z'],
  ])('echoes the time %s as %s', async (given, told) => {
    const { start } = await read<Summary>('admin', `/system/metrics?start=${encodeURIComponent(given)}`);
    expect(start).toBe(told);
  });

  it('knows a call a moment after it was answered, refused ones of what is not there too', async () => {
    await as('alice', '/run/hers', { method: 'POST', body: 'x' });
    await api.ask('/run/never-declared', { method: 'POST', admin: false });
    const path = '/system/metrics/never-declared?metric=requests-sync-per-service';
    expect(
      (
        await until(
          () => read<Metric>('admin', path),
          ({ value }) => value > 0,
        )
      ).value,
    ).toBe(1);
    expect((await read<Summary>('alice', '/system/metrics')).totals).toMatchObject({
      requests_count_sync: 1,
      users: ['alice'],
    });
  });

  it('counts a job that an object started, and whose object it was', async () => {
    await declare('admin', 'fed', { input: [{ storage_provider: 'minio.default', path: 'fed/in' }] });
    await api.buckets.put('fed', 'in/a.txt', { bytes: Buffer.from('a') }, {});
    const { totals } = await read<Summary>('admin', '/system/metrics');
    expect(totals.requests_count_async).toBe(1);
    expect((await read<Metric>('admin', '/system/metrics/fed?metric=users-per-service')).value).toBe(1);
  });
});

describe('GET /system/metrics/:serviceName', () => {
  interface All {
    service_name: string;
    metrics: Metric[];
  }
  it.each([
    ['alice', 'hers', [0.5, 0, 2, 1, 0, 2]],
    ['bob', 'shown', [0.02, 0.01, 0, 1, 2, 1]],
    ['admin', 'gone', [0, 0, 1, 0, 0, 1]],
    ['admin', 'page', [0, 0, 0, 0, 1, 0]],
    ['admin', 'nothing', [0, 0, 0, 0, 0, 0]],
  ])('tells %s every metric of %s: %j', async (who, service, values) => {
    const all = await read<All>(who, `/system/metrics/${service}?${span}`);
    expect(all.metrics.map(({ value }) => value)).toEqual(values);
  });

  it('has the keys, the units and the sources of OSCAR, in its order', async () => {
    const text = await (await as('admin', `/system/metrics/nothing?${span}`)).text();
    expect(text.replace(/,"notes":"[^"]*"/g, '')).toBe(
      `{"service_name":"nothing","start":"2026-01-05T12:00:00Z","end":"2026-01-06T12:00:00Z","metrics":[${[
        '{"metric":"cpu-hours","value":0,"unit":"hours","sources":[{"name":"prometheus","status":"partial"}]}',
        '{"metric":"gpu-hours","value":0,"unit":"hours","sources":[{"name":"prometheus","status":"partial"}]}',
        '{"metric":"requests-sync-per-service","value":0,"sources":[{"name":"request-logs","status":"ok"}]}',
        '{"metric":"requests-async-per-service","value":0,"sources":[{"name":"request-logs","status":"ok"}]}',
        '{"metric":"requests-exposed-per-service","value":0,"sources":[{"name":"exposed-request-logs","status":"ok"}]}',
        '{"metric":"users-per-service","value":0,"sources":[{"name":"request-logs","status":"ok"}]}',
      ].join(',')}]}`,
    );
  });

  it('tells one metric that is asked for', async () => {
    const text = await (await as('admin', `/system/metrics/hers?${span}&metric=cpu-hours`)).text();
    expect(text.replace(/,"notes":"[^"]*"/g, '')).toBe(
      '{"service_id":"hers","metric":"cpu-hours","start":"2026-01-05T12:00:00Z","end":"2026-01-06T12:00:00Z","value":0.5,"unit":"hours","sources":[{"name":"prometheus","status":"partial"}]}',
    );
  });

  it('still knows what a service took whose invocations are forgotten, and that is gone itself', async () => {
    await declare('admin', 'passing', { cpu: '1' });
    await worked('passing', { at: then + 1, seconds: 360 });
    await as('admin', '/system/services/passing', { method: 'DELETE' });
    const { value } = await read<Metric>('admin', `/system/metrics/passing?${span}&metric=cpu-hours`);
    expect([value, api.store.invocations.idsOf('passing')]).toEqual([0.1, []]);
  });
});

describe('GET /system/metrics/breakdown', () => {
  const items = async (who: string, query: string) =>
    JSON.stringify((await read<{ items: object[] }>(who, `/system/metrics/breakdown?${span}&${query}`)).items);
  const row = (key: string, numbers: number[], users?: string[]) => ({
    key,
    requests_count_total: numbers[0],
    requests_count_sync: numbers[1],
    requests_count_async: numbers[2],
    requests_count_exposed: numbers[3],
    unique_users_count: numbers[4],
    ...(users ? { users } : {}),
    countries: [],
  });
  const user = (key: string, count: number) => ({ key, membership: 'unknown', executions_count: count, countries: [] });
  const country = (count: number, users: number) => ({
    key: 'unknown',
    executions_count: count,
    unique_users_count: users,
    countries: [{ country: 'unknown', request_count: count }],
  });

  it.each([
    [
      'admin',
      'group_by=service',
      [
        row('gone', [1, 1, 0, 0, 1]),
        row('hers', [3, 2, 1, 0, 2]),
        row('page', [0, 0, 0, 1, 0]),
        row('shown', [1, 0, 1, 2, 1]),
      ],
    ],
    [
      'alice',
      'group_by=SERVICE&include_users=true',
      [row('hers', [3, 2, 1, 0, 2], ['alice', 'nil']), row('shown', [1, 0, 1, 2, 1], ['bob'])],
    ],
    ['bob', 'group_by=service&include_users=1', [row('shown', [1, 0, 1, 2, 1])]],
    ['admin', 'group_by=user', [user('alice', 2), user('bob', 1), user('nil', 1), user('oscar', 1)]],
    ['bob', 'group_by=user&include_users=true', [user('bob', 1)]],
    ['admin', 'group_by=country', [country(5, 4)]],
    ['bob', 'group_by=Country', [country(1, 1)]],
    ['carol', 'group_by=country&start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z', []],
  ])('tells %s for %s: %j', async (who, query, told) => {
    const path = query.includes('start') ? `/system/metrics/breakdown?${query}` : undefined;
    const found = path ? JSON.stringify((await read<{ items: object[] }>(who, path)).items) : await items(who, query);
    expect(found).toBe(JSON.stringify(told));
  });

  it('echoes the times, and the group as it was asked for', async () => {
    const text = await (
      await as('admin', '/system/metrics/breakdown?group_by=uSeR&start=2020-01-01T00:00:00Z&end=2020-01-01T00:00:00Z')
    ).text();
    expect(text).toBe('{"start":"2020-01-01T00:00:00Z","end":"2020-01-01T00:00:00Z","group_by":"uSeR","items":[]}');
  });

  it.each([
    [
      'service',
      'key,membership,requests_count_total,requests_count_sync,requests_count_async,requests_count_exposed,unique_users_count,countries\nshown,,1,0,1,2,1,\n',
    ],
    ['user', 'key,membership,executions_count,countries\nbob,unknown,1,\n'],
    ['country', 'key,membership,executions_count,unique_users_count,countries\nunknown,,1,1,unknown:1\n'],
  ])('writes a table by %s', async (group, table) => {
    const answer = await as('bob', `/system/metrics/breakdown?${span}&group_by=${group}&format=csv`);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/csv', table]);
  });

  it('quotes in a table what would break it', async () => {
    await called('/run/shown', 'a "b", c');
    const answer = await as('bob', `/system/metrics/breakdown?${span}&group_by=user&format=csv`);
    expect((await answer.text()).split('\n')[1]).toBe('"a ""b"", c",unknown,1,');
  });
});
