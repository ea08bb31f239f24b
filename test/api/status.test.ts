import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/executors/executor.ts';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;
let workers: Deployment[] = [];

beforeAll(async () => {
  api = await startApi(() => workers, { ...people(['vo.one']), admins: ['carol'] });
  as = askAs(api);
});
afterAll(async () => {
  expect(api.failures).toEqual([]);
  await api.close();
});

interface Status {
  cluster: {
    metrics: { cpu: Record<string, number>; memory: Record<string, number> };
    nodes: Record<string, object>[];
  };
  oscar: { jobs_count: number; pods: object };
  minio: object;
}
const status = async (who = 'admin'): Promise<Status> => (await (await as(who, '/system/status')).json()) as Status;
const worker = (service: string, instances: number): Deployment => ({
  service,
  fingerprint: '',
  state: 'ready',
  instances,
  lines: [],
});

describe('GET /system/status', () => {
  it('tells of the machine as the one node, in the keys and the order of OSCAR', async () => {
    const answer = await as('admin', '/system/status');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const text = await answer.text();
    expect(
      text.replace(/"creation_timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/, '"creation_timestamp":"<TIME>"'),
    ).toBe(
      [
        '{"cluster":{"nodes_count":1,"metrics":{',
        '"cpu":{"total_free_cores":6750,"max_free_on_node_cores":6750,"total_schedulable_cores":8000,"total_schedulable_on_node_cores":8000},',
        '"memory":{"total_free_bytes":12000000000,"max_free_on_node_bytes":12000000000,"total_schedulable_bytes":16000000000,"max_schedulable_on_node_bytes":16000000000},',
        '"gpu":{"total_gpu":0}},',
        '"nodes":[{"name":"laptop","cpu":{"capacity_cores":8000,"usage_cores":1250},"memory":{"capacity_bytes":16000000000,"usage_bytes":4000000000},"gpu":0,"is_interlink":false,"status":"Ready","conditions":[{"type":"MemoryPressure","status":false},{"type":"Ready","status":true}]}]},',
        '"oscar":{"deployment_name":"oscar","ready":true,"deployment":{"available_replicas":1,"ready_replicas":1,"replicas":1,"creation_timestamp":"<TIME>","strategy":"RollingUpdate","labels":{"app":"oscar"}},',
        '"jobs_count":0,"pods":{"total":0,"states":{"Pending":0,"Running":0,"Succeeded":0,"Failed":0,"Unknown":0}},',
        '"oidc":{"enabled":true,"issuers":["https://issuer.example"],"groups":["vo.one"]}},',
        '"minio":{"buckets_count":0,"total_objects":0}}',
      ].join(''),
    );
  });

  it('takes for asked what workers that are up, and jobs that run, may have', async () => {
    const cut = { cpu: '250m', memory: '512Mi' };
    await api.serve('warm', 'cat', cut);
    await api.serve('slow', 'hang', { cpu: '1.5', memory: '1Gi' });
    workers = [worker('warm', 2)];
    await as('admin', '/job/slow', { method: 'POST', body: 'x' });
    await until(
      () => api.store.invocations.counts(),
      ({ Running }) => Running === 1,
    );
    const { cluster, oscar } = await status();
    expect(cluster.nodes[0]).toMatchObject({ cpu: { request_cores: 2000 }, memory: { request_bytes: 2 * 2 ** 30 } });
    expect(cluster.metrics).toMatchObject({
      cpu: { total_free_cores: 6750, total_schedulable_cores: 6000, total_schedulable_on_node_cores: 6000 },
      memory: { total_schedulable_bytes: 16e9 - 2 * 2 ** 30 },
    });
    expect(oscar).toMatchObject({ jobs_count: 1, pods: { total: 1, states: { Running: 1 } } });
    workers = [worker('warm', 99)];
    expect((await status()).cluster.metrics.cpu.total_schedulable_cores).toBe(0);
    workers = [];
    await as('admin', '/system/logs/slow?all=true', { method: 'DELETE' });
  });

  it('counts jobs by how they ended, and objects that hold something', async () => {
    await api.serve('good', 'cat', { input: [{ storage_provider: 'minio.default', path: 'good/in' }] });
    await api.serve('bad', 'fail 3');
    for (const path of ['/job/good', '/job/good', '/job/bad']) await as('admin', path, { method: 'POST', body: 'x' });
    await api.buckets.create('other', {});
    await api.buckets.put('other', 'a', { bytes: Buffer.from('a') }, {});
    await api.buckets.put('other', 'empty', { bytes: Buffer.alloc(0) }, {});
    const { oscar, minio } = await until(
      () => status(),
      ({ oscar: { pods } }) =>
        (pods as { states: { Failed: number; Succeeded: number } }).states.Failed === 1 &&
        (pods as { states: { Succeeded: number } }).states.Succeeded === 2,
    );
    expect({ jobs: oscar.jobs_count, pods: oscar.pods, minio }).toEqual({
      jobs: 3,
      pods: { total: 3, states: { Pending: 0, Running: 0, Succeeded: 2, Failed: 1, Unknown: 0 } },
      minio: { buckets_count: 2, total_objects: 1 },
    });
  });

  it('tells a user of the machine, and of nobody else', async () => {
    const { cluster, oscar, minio } = await status('alice');
    expect(cluster.nodes[0]).toMatchObject({ name: 'laptop' });
    expect({ jobs: oscar.jobs_count, pods: oscar.pods, minio }).toEqual({
      jobs: 0,
      pods: { total: 0, states: {} },
      minio: { buckets_count: 0, total_objects: 0 },
    });
  });

  it('tells all to a user who is named for it', async () => {
    const { oscar, minio } = await status('carol');
    expect([oscar.jobs_count, minio]).toEqual([3, { buckets_count: 2, total_objects: 1 }]);
  });

  it('has whole numbers everywhere', async () => {
    const text = await (await as('admin', '/system/status')).text();
    const numbers = [...text.matchAll(/:(-?\d[\d.eE+-]*)/g)].map(([, number]) => number);
    expect(numbers.length).toBeGreaterThan(15);
    expect(numbers.filter((number) => !/^\d+$/.test(number ?? ''))).toEqual([]);
  });

  it('is for those alone who say who they are', async () => {
    const answer = await api.ask('/system/status', { admin: false });
    expect([answer.status, await answer.text(), answer.headers.get('www-authenticate')]).toEqual([
      401,
      '',
      'Basic realm="Authorization Required"',
    ]);
  });
});
