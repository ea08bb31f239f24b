import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
const states = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;
const post = (path: string, json: object) => api.ask(path, { method: 'POST', body: JSON.stringify(json) });

beforeAll(async () => {
  api = await startApi();
  const nothing = { labels: null, annotations: null, allowed_users: null, environment: null, bucket_list: null };
  await api.serve('plain', 'cat', { ...nothing, expose: { api_port: 0, nodePort: 0 }, cpu: '0.5', memory: '64Mi' });
  await api.serve('named', 'cat', { Environment: { Variables: { Mode: 'x' } }, synchronous: { min_scale: 1 } });
  await api.serve('web', 'cat', { expose: { api_port: 8080, nodePort: 0, health_path: '/up' } });
  await api.serve('ported', 'cat', { expose: { api_port: [80, 81], nodePort: [30_080, 30_081] } });
  await api.serve('states', 'cat');
  for (const [place, state] of states.entries()) {
    const createdAt = 1_760_000_000_000 + place * 1000;
    const kept = { serviceVersion: 1, pinned: false, kind: 'job' as const, attempt: 1 };
    await api.store.invocations.add({ ...kept, id: `states-${place}`, service: 'states', state, createdAt });
  }
  await api.store.accounts.ensure('ana');
  await post('/system/volumes', { name: 'disk', size: '1Gi' });
  await post('/system/buckets', { bucket_name: 'shelf' });
});
afterAll(() => api?.close());

const string = expect.any(String);
const filled = expect.stringMatching(/./);
const flag = expect.any(Boolean);
const whole = expect.toSatisfy(Number.isInteger, 'is a whole number');
const texts = expect.toSatisfy(
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  'is a list of texts',
);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
/** An object, never null and no list. */
const map = expect.toSatisfy(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'is an object',
);
const used = { max: whole, used: whole };

interface Need {
  title: string;
  path: string;
  /** What the answer holds, or each member of a list. */
  holds: object;
  /** Members that it must not have. */
  lacks?: string[];
}

const row = {
  name: filled,
  image: filled,
  owner: filled,
  visibility: filled,
  token: expect.stringMatching(/^[0-9a-f]{64}$/),
  labels: expect.objectContaining({ oscar_service: filled, owner_name: 'oscar' }),
  expose: expect.objectContaining({ max_scale: whole, min_scale: whole, health_path: string, set_auth: flag }),
  environment: { variables: map, secrets: map },
  allowed_users: texts,
  annotations: map,
};
const cores = { total_free_cores: whole, max_free_on_node_cores: whole, total_schedulable_cores: whole };
const bytes = { total_free_bytes: whole, max_free_on_node_bytes: whole, total_schedulable_bytes: whole };

const needs: Need[] = [
  {
    title: 'the dashboard compares a version of dotted numbers, 4.1 or later, and shows the rest',
    path: '/system/info',
    holds: {
      version: expect.stringMatching(/^v4\.[1-9]\d*\.\d+$/),
      git_commit: string,
      architecture: filled,
      kubernetes_version: string,
      serverless_backend: { name: filled, version: string },
    },
  },
  {
    title: 'oscar-cli asserts the types of minio_provider, and the dashboard wants none of its texts empty',
    path: '/system/config',
    holds: {
      minio_provider: { endpoint: filled, region: filled, access_key: filled, secret_key: filled, verify: flag },
    },
  },
  {
    title: 'the dashboard reads groups that are a list, flags that are flags, and images',
    path: '/system/config',
    holds: {
      config: {
        name: filled,
        namespace: filled,
        services_namespace: filled,
        gpu_available: flag,
        interLink_available: flag,
        yunikorn_enable: flag,
        kueue_enable: flag,
        volume_enable: flag,
        serverless_backend: filled,
        oidc_groups: texts,
      },
      allowed_image_repositories: texts,
    },
  },
  { title: 'the dashboard indexes each row of its list without a guard', path: '/system/services', holds: row },
  {
    title: 'oscar-cli decodes amounts as texts, counts as numbers and flags as flags',
    path: '/system/services',
    holds: {
      cpu: filled,
      memory: filled,
      total_cpu: string,
      total_memory: string,
      enable_gpu: flag,
      enable_sgx: flag,
      image_prefetch: flag,
      alpine: flag,
      file_stage_in: flag,
      synchronous: { min_scale: whole, max_scale: whole },
      storage_providers: { minio: { default: { endpoint: filled, region: filled, verify: flag } } },
    },
  },
  {
    title: 'what was declared with nulls is read back as objects and lists',
    path: '/system/services/plain',
    holds: row,
  },
  {
    title: 'oscar-cli 1.x reads services that are not exposed, for they name no ports, and no member of before',
    path: '/system/services/plain',
    holds: { cpu: '0.5', memory: '64Mi' },
    lacks: ['api_port', 'nodePort', 'Variables'],
  },
  {
    title: 'variables are read whatever the case of their key, which is told as variables, their own case kept',
    path: '/system/services/named',
    holds: { environment: { variables: { Mode: 'x' } } },
    lacks: ['Variables', 'Environment'],
  },
  {
    title: 'the dashboard reads the ports of what is exposed as lists of numbers, and where it is healthy',
    path: '/system/services/web',
    holds: { expose: { api_port: [8080], health_path: '/up', max_scale: whole } },
  },
  {
    title: 'ports of nodes are a list of numbers as well',
    path: '/system/services/ported',
    holds: { expose: { api_port: [80, 81], nodePort: [30_080, 30_081] } },
  },
  {
    title: 'oscar-cli filters jobs by four states, and finds the newest by a time that each has',
    path: '/system/logs/states?page=',
    holds: {
      jobs: Object.fromEntries(states.map((status, n) => [`states-${n}`, { status, creation_time: time }])),
    },
    lacks: ['next_page', 'remaining_jobs', 'start_time', 'finish_time'],
  },
  {
    title: 'buckets tell who may see them',
    path: '/system/buckets',
    holds: { bucket_name: filled, owner: filled, visibility: string, metadata: map },
  },
  {
    title: 'volumes tell their phase and how they came to be',
    path: '/system/volumes',
    holds: { name: 'disk', size: '1Gi', creation_mode: 'api', status: { phase: filled } },
  },
  {
    title: 'oscar-cli 2.x decodes cores, bytes and counts of the status as whole numbers, and an RFC 3339 time',
    path: '/system/status',
    holds: {
      cluster: { nodes_count: whole, metrics: { cpu: cores, memory: bytes, gpu: { total_gpu: whole } } },
      oscar: {
        ready: flag,
        jobs_count: whole,
        deployment: {
          available_replicas: whole,
          ready_replicas: whole,
          replicas: whole,
          creation_timestamp: time,
          labels: map,
        },
        pods: { total: whole, states: { Pending: whole, Running: whole, Failed: whole, Succeeded: whole } },
        oidc: { enabled: flag, issuers: texts, groups: texts },
      },
      minio: { buckets_count: whole, total_objects: whole },
    },
  },
  {
    title: 'oscar-cli 2.x decodes the counts of metrics as whole numbers',
    path: '/system/metrics',
    holds: {
      start: time,
      end: time,
      totals: {
        services_count_active: whole,
        services_count_total: whole,
        cpu_hours_total: expect.any(Number),
        gpu_hours_total: expect.any(Number),
        requests_count_total: whole,
        requests_count_sync: whole,
        requests_count_async: whole,
        requests_count_exposed: whole,
        countries_count: whole,
        users_count: whole,
      },
      sources: expect.any(Array),
    },
  },
  ...['/system/quotas/ana', '/system/quotas/user/ana'].map((path) => ({
    title: `quotas are texts for volumes and whole numbers for buckets, also at ${path}`,
    path,
    holds: {
      user_id: 'ana',
      volumes: { disk: { max: filled, used: filled }, volumes: { max: filled, used: filled } },
      minio: { buckets: used },
    },
    lacks: ['resources'],
  })),
];

/** Every key anywhere in it. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe('what clients read', () => {
  it.each(needs)('$title', async ({ path, holds, lacks = [] }) => {
    const answer = await api.ask(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const read: unknown = await answer.json();
    const all = Array.isArray(read) ? read : [read];
    expect(all.length).toBeGreaterThan(0);
    for (const one of all) expect(one).toMatchObject(holds);
    expect(keysOf(read).filter((key) => lacks.includes(key))).toEqual([]);
  });
});

describe('an error is a text, which clients print and never decode', () => {
  const missing = 'no-such';
  const rows: [method: string, path: string, body: object | string | undefined, status: number][] = [
    ['POST', '/system/services', { name: 'plain', image: 'x', script: 'x' }, 400],
    ['POST', '/system/services', '{', 400],
    ['PUT', '/system/services', { name: missing, image: 'x', script: 'x' }, 404],
    ['GET', `/system/services/${missing}`, undefined, 404],
    ['GET', `/system/services/${missing}/deployment`, undefined, 404],
    ['POST', '/system/services/plain/stop', undefined, 400],
    ['GET', `/system/logs/plain/${missing}`, undefined, 404],
    ['POST', `/run/${missing}`, 'x', 404],
    ['POST', '/system/buckets', { bucket_name: 'shelf' }, 400],
    ['POST', '/system/buckets/shelf/presign', { object_key: 'a', operation: 'steal' }, 400],
    ['DELETE', `/system/buckets/${missing}`, undefined, 404],
    ['POST', '/system/volumes', { name: 'disk', size: '1Gi' }, 409],
    ['GET', `/system/volumes/${missing}`, undefined, 404],
    ['PUT', '/system/quotas/ana', { volumes: { disk: 'much' } }, 500],
    ['PUT', `/system/federation/${missing}`, { members: [] }, 404],
  ];
  it.each(rows)('%s %s with %j', async (method, path, body, status) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const answer = await api.ask(path, { method, ...sent });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([status, expect.not.stringMatching(/^\s*[{["]/)]);
    if (text) expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  });
});

it('had no failure of its own behind any of these answers', () => expect(api.failures).toEqual([]));
