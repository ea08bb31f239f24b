import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;

beforeAll(async () => {
  api = await startApi(() => [], people());
  as = askAs(api);
});
afterAll(async () => {
  expect(api.failures).toEqual([]);
  await api.close();
});

const scraped = async () => (await (await as('admin', '/metrics')).text()).split('\n');
/** The lines that begin so. */
const about = (lines: string[], start: string) => lines.filter((line) => line.startsWith(start));
const call = (path: string) => as('admin', path, { method: 'POST', body: 'x' });

describe('GET /metrics', () => {
  it('counts invocations by service, kind and state from the start on', async () => {
    await api.serve('good', 'cat');
    await api.serve('bad', 'fail 3');
    for (const path of ['/run/good', '/run/good', '/job/good', '/run/bad']) await call(path);
    const lines = await until(scraped, (all) => about(all, 'oscar_sandbox_invocations_total{').length === 3);
    expect(about(lines, 'oscar_sandbox_invocations_total{')).toEqual([
      'oscar_sandbox_invocations_total{service="bad",kind="run",state="failed"} 1',
      'oscar_sandbox_invocations_total{service="good",kind="job",state="succeeded"} 1',
      'oscar_sandbox_invocations_total{service="good",kind="run",state="succeeded"} 2',
    ]);
    // Asked again, nothing is counted twice.
    expect(about(await scraped(), 'oscar_sandbox_invocations_total{service="good",kind="run"')).toEqual([
      'oscar_sandbox_invocations_total{service="good",kind="run",state="succeeded"} 2',
    ]);
  });

  it('has a histogram of how long they ran', async () => {
    const name = 'oscar_sandbox_invocation_duration_seconds';
    api.tell({
      kind: 'invocation-finished',
      service: 'long',
      text: 'job',
      details: { kind: 'job', state: 'Succeeded', ms: 1500 },
    });
    api.tell({
      kind: 'invocation-finished',
      service: 'long',
      text: 'job',
      details: { kind: 'job', state: 'Succeeded', ms: 250 },
    });
    const lines = await scraped();
    expect(about(lines, `# TYPE ${name}`)).toEqual([`# TYPE ${name} histogram`]);
    const labels = 'service="long",kind="job",state="succeeded"';
    const mine = lines.filter((line) => line.startsWith(name) && line.includes(labels));
    expect(mine).toEqual([
      ...[0.005, 0.01, 0.025, 0.05, 0.1].map((le) => `${name}_bucket{le="${le}",${labels}} 0`),
      ...[0.25, 0.5, 1].map((le) => `${name}_bucket{le="${le}",${labels}} 1`),
      ...[2.5, 5, 10, 30, 60, 300, 1800, '+Inf'].map((le) => `${name}_bucket{le="${le}",${labels}} 2`),
      `${name}_sum{${labels}} 1.75`,
      `${name}_count{${labels}} 2`,
    ]);
  });

  it('counts requests of services that are declared, refused ones too, and none of others', async () => {
    await api.ask('/run/good', { method: 'POST', admin: false });
    await api.ask('/run/invented', { method: 'POST', admin: false });
    await api.store.usage.visited('good', Date.now());
    const lines = await until(
      scraped,
      (all) => about(all, 'oscar_sandbox_requests_total{service="good",kind="run"} 3').length === 1,
    );
    expect(about(lines, 'oscar_sandbox_requests_total{').sort()).toEqual([
      'oscar_sandbox_requests_total{service="bad",kind="run"} 1',
      'oscar_sandbox_requests_total{service="good",kind="exposed"} 1',
      'oscar_sandbox_requests_total{service="good",kind="job"} 1',
      'oscar_sandbox_requests_total{service="good",kind="run"} 3',
    ]);
  });

  it('tells what there is at the moment: services, jobs, buckets, objects', async () => {
    await api.serve('slow', 'hang', { input: [{ storage_provider: 'minio.default', path: 'slow/in' }] });
    await api.buckets.create('box', {});
    await api.buckets.put('box', 'a', { bytes: Buffer.from('12345') }, {});
    await call('/job/slow');
    const lines = await until(scraped, (all) => all.includes('oscar_sandbox_jobs{state="running"} 1'));
    const all = await api.buckets.list();
    const expected = {
      services: 3,
      buckets: 2,
      objects: all.reduce((sum, { objects }) => sum + objects, 0),
      object_bytes: 5,
      'jobs{state="pending"}': 0,
      'jobs{state="running"}': 1,
      'info{version="0.1.0",executor="local"}': 1,
    };
    for (const [name, value] of Object.entries(expected)) expect(lines).toContain(`oscar_sandbox_${name} ${value}`);
    await as('admin', '/system/logs/slow?all=true', { method: 'DELETE' });
  });

  it('tells of a service no more that is gone', async () => {
    await as('admin', '/system/services/bad', { method: 'DELETE' });
    expect((await scraped()).filter((line) => line.includes('"bad"'))).toEqual([]);
  });

  it('tells of the process, in the text that Prometheus reads: each metric with help and type', async () => {
    const answer = await as('admin', '/metrics');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const lines = (await answer.text()).trimEnd().split('\n');
    const named = (start: string) => about(lines, `# ${start} `).map((line) => line.split(' ')[2]);
    expect(named('HELP')).toEqual(named('TYPE'));
    expect(named('TYPE')).toEqual(
      expect.arrayContaining(['process_resident_memory_bytes', 'process_cpu_seconds_total']),
    );
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.filter((line) => !/^[a-z_:][a-z0-9_:]*(\{.*\})? (-?\d[\d.e+-]*|Nan|\+Inf)$/i.test(line))).toEqual(
      [],
    );
  });

  it.each([
    ['alice', 403, 'Only the administrator may ask for this.'],
    ['stranger', 400, 'token is malformed: token contains an invalid number of segments'],
  ])('%s gets %i %s', async (who, status, text) => {
    const answer = await as(who, '/metrics');
    expect([answer.status, await answer.text()]).toEqual([status, text]);
  });

  it('asks those who do not say who they are for name and password', async () => {
    const answer = await api.ask('/metrics', { admin: false });
    expect([answer.status, await answer.text(), answer.headers.get('www-authenticate')]).toEqual([
      401,
      '',
      'Basic realm="Authorization Required"',
    ]);
  });
});
