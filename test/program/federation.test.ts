import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import type { Replica } from '../../src/model/service.ts';
import { type FakeMember, startMember } from '../fakes/member.ts';
import { type Program, patience, startProgram } from '../program.ts';

// Two sandboxes: each is a cluster to the other. The first runs one job at a time.
let home: Program;
let far: Program;
const fakes: FakeMember[] = [];
beforeAll(async () => {
  home = await startProgram({ args: ['--resource-manager', '--concurrency', '1'] });
  far = await startProgram({});
});
afterEach(async () => {
  for (const program of [home, far]) {
    const listed = (await (await program.call('/system/services')).json()) as { name: string }[];
    for (const { name } of listed) await program.call(`/system/services/${name}`, { method: 'DELETE' });
  }
  for (const fake of fakes.splice(0)) await fake.close();
});
afterAll(async () => {
  await home?.stop();
  await far?.stop();
});

const replica = (cluster_id: string, more: Partial<Replica> = {}): Replica => ({
  type: 'oscar',
  cluster_id,
  service_name: 'copy',
  url: '',
  ssl_verify: false,
  priority: 0,
  headers: {},
  ...more,
});
const cluster = ({ status: { api, user, password } }: Program) => ({
  endpoint: api,
  auth_user: user,
  auth_password: password,
  ssl_verify: false,
});
const nowhere = { endpoint: 'http://127.0.0.1:1', auth_user: 'a', auth_password: 'b', ssl_verify: false };

const declare = async (service: object) => {
  const body = JSON.stringify({ image: 'busybox', ...service });
  const answer = await home.call('/system/services', { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([201, '']);
};
/** A service whose words, in capitals, go into a bucket of the first sandbox, wherever it runs. */
const shout = (members: Replica[], delegation = 'static') => ({
  name: 'shout',
  cluster_id: 'home',
  script: 'tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/loud"\n',
  federation: { topology: 'star', delegation, members },
  clusters: { far: cluster(far) },
  environment: { secrets: { refresh_token: 'unused' } },
  storage_providers: {
    minio: {
      home: {
        endpoint: home.status.s3,
        verify: false,
        access_key: home.status.accessKey,
        secret_key: home.status.secretKey,
        region: 'us-east-1',
      },
    },
  },
  input: [{ storage_provider: 'minio.default', path: 'shout/in' }],
  output: [{ storage_provider: 'minio.default', path: 'shout/out' }],
});

/** Takes the one place that there is, until the job is removed. */
const occupy = async () => {
  await declare({ name: 'filler', script: 'sleep 3600\n' });
  const answer = await home.call('/job/filler', { method: 'POST', body: '{}' });
  await vi.waitFor(async () => expect((await invocations(home, 'filler'))[0]?.state).toBe('Running'), patience);
  return answer.headers.get('x-oscar-sandbox-job') ?? '';
};
const free = (job: string) => home.call(`/system/logs/filler/${job}`, { method: 'DELETE' });

const invocations = async (program: Program, service: string) =>
  (await (await program.call(`/sandbox/invocations?service=${service}`)).json()) as InvocationView[];
const one = (program: Program, service: string, state: string) =>
  vi.waitFor(async () => {
    const [found] = await invocations(program, service);
    expect(found?.state).toBe(state);
    return found as InvocationView;
  }, patience);
const job = async (service: string, body: string) => {
  const answer = await home.call(`/job/${service}`, { method: 'POST', body });
  expect(answer.status).toBe(201);
  return answer.headers.get('x-oscar-sandbox-job');
};
const loud = () => vi.waitFor(() => home.get('shout/out/loud'), patience);

/** What a cluster of one node says that has this much free. */
const status = (cores: number) => {
  const cpu = { total_free_cores: cores, max_free_on_node_cores: cores };
  const memory = { total_free_bytes: 2 ** 32, max_free_on_node_bytes: 2 ** 32 };
  const nodes = [{ cpu: { capacity_cores: 4000 }, memory: { capacity_bytes: 2 ** 33 } }];
  return JSON.stringify({ cluster: { metrics: { cpu, memory }, nodes } });
};
/** A gateway before the other sandbox, which says how much is free there: how busy this machine is, nobody knows. */
const gateway = (cores: number) =>
  startMember(async ({ method, path, headers, body }) => {
    if (path === '/system/status') return [200, status(cores)];
    const { authorization = '', 'x-delegated-job-id': id, 'x-delegated-from': from } = headers;
    const answer = await fetch(far.status.api + path, {
      method,
      headers: { authorization, ...(id ? { 'X-Delegated-Job-ID': String(id), 'X-Delegated-From': String(from) } : {}) },
      ...(method === 'GET' ? {} : { body }),
    });
    return [answer.status, await answer.text()];
  });

it.each([
  ['static', 'busy', []],
  ['load-based', 'idle', ['busy', 'idle']],
])(
  'a file that arrives while no place is free is handled by the other sandbox, and its output comes back (%s)',
  async (delegation, chosen, asked) => {
    const [busy, idle] = [await gateway(1000), await gateway(3000)];
    fakes.push(busy, idle);
    const clusters = {
      busy: { ...cluster(far), endpoint: busy.url },
      idle: { ...cluster(far), endpoint: idle.url },
    };
    const members = ['busy', 'idle'].map((name, priority) => replica(name, { service_name: `on-${name}`, priority }));
    await declare({ ...shout(members, delegation), clusters });
    await occupy();
    await home.put('shout/in/word.txt', 'word\n');
    expect(await loud()).toBe('WORD\n');
    const there = await one(far, `on-${chosen}`, 'Succeeded');
    const here = await one(home, 'shout', 'Succeeded');
    expect([there.id, there.attempt, here.attempt]).toEqual([here.id, 1, 0]);
    const log = await (await home.call(`/system/logs/shout/${here.id}`)).text();
    expect(log).toContain(`It was delegated to on-${chosen} on ${chosen}`);
    const said = Object.entries({ busy, idle }).filter(([, { heard }]) =>
      heard.some(({ path }) => /status$/.test(path)),
    );
    expect(said.map(([name]) => name)).toEqual(asked);
    expect(await invocations(far, `on-${chosen}`)).toHaveLength(1);
  },
);

it('jobs are spread over members that are chosen at random, each is run once', async () => {
  const gates = [await gateway(3000), await gateway(3000)];
  fakes.push(...gates);
  const clusters = Object.fromEntries(gates.map(({ url }, index) => [`c${index}`, { ...cluster(far), endpoint: url }]));
  const members = [0, 1].map((index) => replica(`c${index}`, { service_name: `on-${index}` }));
  await declare({ ...shout(members, 'random'), clusters });
  await occupy();
  const ids: (string | null)[] = [];
  for (let count = 0; count < 8; count += 1) ids.push(await job('shout', `word ${count}`));
  await vi.waitFor(
    async () =>
      expect((await invocations(home, 'shout')).map(({ state }) => state)).toEqual(ids.map(() => 'Succeeded')),
    patience,
  );
  // It has succeeded here once it is taken: what it does there comes later.
  await vi.waitFor(async () => {
    const taken = [...(await invocations(far, 'on-0')), ...(await invocations(far, 'on-1'))];
    expect(taken.map(({ id, state }) => `${id} ${state}`).sort()).toEqual(ids.map((id) => `${id} Succeeded`).sort());
  }, patience);
});

it('a call is handed on as it was sent, and when the first member is away, to the next', async () => {
  await declare(shout([replica('far', { priority: 5 })]));
  const members = [replica('away', { priority: 1 })];
  const body = JSON.stringify({ members, clusters: { away: nowhere } });
  const answer = await home.call('/system/federation/shout', { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([
    200,
    'Updated with federation warnings: [request failed: connect ECONNREFUSED 127.0.0.1:1]',
  ]);
  await occupy();
  const id = await job('shout', 'no json, "quoted" $HOME\n');
  expect(await loud()).toBe('NO JSON, "QUOTED" $HOME\n');
  expect((await one(far, 'copy', 'Succeeded')).id).toBe(id);
});

it('a job that no member takes runs here, once', async () => {
  await declare({ ...shout([]), federation: { members: [] } });
  const body = JSON.stringify({ members: [replica('away')], clusters: { away: nowhere } });
  await home.call('/system/federation/shout', { method: 'POST', body });
  const filler = await occupy();
  const id = await job('shout', 'mine!');
  await vi.waitFor(
    async () => expect(await (await home.call(`/system/logs/shout/${id}`)).text()).toContain('it waits here'),
    patience,
  );
  await free(filler);
  expect(await loud()).toBe('MINE!');
  expect(await one(home, 'shout', 'Succeeded')).toMatchObject({ id, attempt: 1 });
});

it('a job goes to an endpoint with its headers, in a wrapper', async () => {
  const fake = await startMember(() => [200]);
  fakes.push(fake);
  const member = replica('', {
    type: 'endpoint',
    service_name: '',
    url: `${fake.url}/take`,
    headers: { 'X-Key': 'k' },
  });
  await declare(shout([member]));
  await occupy();
  const id = await job('shout', '{"a":1}');
  await one(home, 'shout', 'Succeeded');
  const [heard, ...more] = fake.heard;
  expect(more).toEqual([]);
  expect([heard?.method, heard?.path, JSON.parse(heard?.body ?? '')]).toEqual([
    'POST',
    '/take',
    { storage_provider: 'minio.home', event: '{"a":1}' },
  ]);
  expect(heard?.headers).toMatchObject({ 'x-delegated-job-id': id, 'x-delegated-from': 'home', 'x-key': 'k' });
});
