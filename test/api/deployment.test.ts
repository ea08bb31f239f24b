import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Answer } from '../../src/api/answer.ts';
import type { PersonalCall } from '../../src/api/route.ts';
import { deploymentRoutes } from '../../src/api/routes/deployment.ts';
import type { Deployment } from '../../src/executors/executor.ts';
import type { Person } from '../../src/model/person.ts';
import { exchange } from './exchange.ts';
import { at } from './exposedscene.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
let observed: Record<string, Partial<Deployment>> = {};
beforeAll(async () => {
  api = await startApi(() =>
    Object.entries(observed).map(([service, more]) => ({
      service,
      fingerprint: api.store.services.get(service)?.fingerprint ?? '',
      state: 'ready',
      instances: 0,
      lines: [],
      ...more,
    })),
  );
  await api.serve('plain', 'cat');
  await api.serve('web', 'cat', { expose: { api_port: [80] } });
  await api.serve('away', 'cat', { expose: { api_port: [80] } });
  await api.serve('shared', 'cat', { visibility: 'restricted', allowed_users: ['ann'], expose: { api_port: [80] } });
  const { definition } = api.store.services.get('shared') ?? {};
  if (definition) await api.store.services.note('shared', { definition: { ...definition, owner: 'bob' } });
});
beforeEach(() => {
  observed = {};
});
afterAll(() => api?.close());

const get = async (path: string) => {
  const answer = await api.ask(path);
  return { status: answer.status, text: await answer.text() };
};
const post = async (path: string) => {
  const answer = await api.ask(path, { method: 'POST' });
  return { status: answer.status, text: await answer.text() };
};
const told = (text: string) => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<TIME>');
const stateOf = async (name: string) => JSON.parse((await get(`/system/services/${name}/deployment`)).text).state;

const kinds: [title: string, name: string, seen: Partial<Deployment> | undefined, summary: string][] = [
  [
    'a service whose workers are asleep is ready',
    'plain',
    {},
    '"state":"ready","reason":"Runtime service is ready.","last_transition_time":"<TIME>","active_instances":0,"affected_instances":0,"resource_kind":"knative_service"',
  ],
  [
    'one that is not here yet is pending',
    'plain',
    undefined,
    '"state":"pending","reason":"Runtime service is still reconciling.","last_transition_time":"<TIME>","active_instances":0,"affected_instances":0,"resource_kind":"knative_service"',
  ],
  [
    'one of another version too',
    'plain',
    { fingerprint: 'old', instances: 1 },
    '"state":"pending","reason":"Runtime service is still reconciling.","last_transition_time":"<TIME>","active_instances":1,"affected_instances":0,"resource_kind":"knative_service"',
  ],
  [
    'one whose executor says why it failed, says that',
    'plain',
    { state: 'failed', reason: 'Nobody has the image x.', instances: 1, affected: 1 },
    '"state":"failed","reason":"Nobody has the image x.","last_transition_time":"<TIME>","active_instances":1,"affected_instances":1,"resource_kind":"knative_service"',
  ],
  [
    'what no executor here can do is unavailable',
    'plain',
    { state: 'unavailable', reason: 'It asks for 1 GPU.', instances: 1 },
    '"state":"unavailable","reason":"It asks for 1 GPU.","active_instances":0,"affected_instances":0,"resource_kind":"unavailable"',
  ],
  [
    'an exposed service is ready when its servers are',
    'web',
    { instances: 2 },
    '"state":"ready","reason":"Deployment is ready.","last_transition_time":"<TIME>","active_instances":2,"affected_instances":0,"resource_kind":"exposed_service"',
  ],
  [
    'some of them do not answer',
    'web',
    { state: 'degraded', instances: 3, affected: 2 },
    '"state":"degraded","reason":"2 of 3 instances are affected.","last_transition_time":"<TIME>","active_instances":3,"affected_instances":2,"resource_kind":"exposed_service"',
  ],
];

it.each(kinds)('%s', async (_title, name, seen, summary) => {
  if (seen) observed = { [name]: seen };
  const answer = await get(`/system/services/${name}/deployment`);
  expect(answer.status).toBe(200);
  expect(told(answer.text)).toBe(`{"service_name":"${name}","namespace":"oscar-svc",${summary}}`);
  const included = await get(`/system/services/${name}?include=token,%20Deployment`);
  expect(told(included.text)).toContain(`"volume_status":{"enabled":false},"deployment":{${summary}}}`);
  const list = JSON.parse((await get('/system/services?include=deployment')).text) as Record<string, unknown>[];
  expect(told(JSON.stringify(list.find((one) => one.name === name)?.deployment))).toBe(`{${summary}}`);
});

it.each(['', '?include=', '?include=deployments', '?other=deployment'])(
  'a service is read without it by "%s"',
  async (query) => {
    expect(JSON.parse((await get(`/system/services/web${query}`)).text)).not.toHaveProperty('deployment');
    expect(JSON.parse((await get(`/system/services${query}`)).text)[0]).not.toHaveProperty('deployment');
  },
);

it('the time of the last change stays as long as the state does', async () => {
  const since = async () => {
    const conditionOf = await api.parts.deployments.look();
    const service = api.store.services.get('web');
    return service && conditionOf(service).since;
  };
  observed = { web: { instances: 1 } };
  const first = await since();
  await expect.poll(() => Date.now()).toBeGreaterThan(first ?? 0);
  observed = { web: { instances: 2, reason: 'Another one has come.' } };
  expect(await since()).toBe(first);
  observed = { web: { state: 'failed' } };
  expect(await since()).toBeGreaterThan(first ?? 0);
});

const lines = Array.from({ length: 1200 }, (_, at) => ({ at: Date.UTC(2026, 0, 2, 3, 4, 5) + at, text: `line ${at}` }));
const logs: [query: string, count: number, stamped?: boolean][] = [
  ['', 200],
  ['?timestamps=false&tailLines=200', 200],
  ['?tailLines=3', 3],
  ['?tailLines=0', 200],
  ['?tailLines=-5', 200],
  ['?tailLines=abc&timestamps=maybe', 200],
  ['?tailLines=1.5', 200],
  ['?tailLines=5000', 1000],
  ['?tailLines=2&timestamps=true', 2, true],
  ['?tailLines=2&timestamps=T', 2, true],
];

it.each(logs)('the newest lines are read, oldest first: %s', async (query, count, stamped = false) => {
  observed = { web: { instances: 1, lines } };
  const { status, text } = await get(`/system/services/web/deployment/logs${query}`);
  const entries = lines.slice(-count).map(({ text: message }) => {
    return stamped ? { timestamp: '2026-01-02T03:04:06Z', message } : { message };
  });
  expect({ status, text }).toEqual({
    status: 200,
    text: JSON.stringify({ service_name: 'web', available: true, entries }),
  });
});

const silences: [title: string, seen: Partial<Deployment>, answer: object][] = [
  ['nothing runs', {}, { available: false, message: 'Deployment logs are unavailable for this service.', entries: [] }],
  [
    'what runs has printed nothing',
    { instances: 1 },
    { available: false, message: 'Deployment logs are not yet available.', entries: [] },
  ],
  [
    'what ran has ended',
    { lines: [{ text: 'the last' }] },
    {
      available: true,
      message: 'Returning recent logs from the last runtime attempt while deployment status remains unavailable.',
      entries: [{ message: 'the last' }],
    },
  ],
];

it.each(silences)('logs say so where %s', async (_title, seen, answer) => {
  observed = { plain: seen };
  const { text } = await get('/system/services/plain/deployment/logs?timestamps=true');
  expect(text).toBe(JSON.stringify({ service_name: 'plain', ...answer }));
});

it('a service is stopped until it is started, and answers so meanwhile, however often it is told', async () => {
  observed = { web: { instances: 1, addresses: ['http://127.0.0.1:1'] } };
  const stopped =
    '{"service_name":"web","namespace":"oscar-svc","state":"stopped","reason":"Deployment is stopped.","last_transition_time":"<TIME>","active_instances":1,"affected_instances":0,"resource_kind":"exposed_service"}';
  for (const _ of [1, 2]) {
    const answer = await post('/system/services/web/stop');
    expect({ ...answer, text: told(answer.text) }).toEqual({ status: 200, text: stopped });
  }
  const visit = await exchange(api.exposedPort, { method: 'GET', path: at('web') });
  expect([visit.status, visit.text]).toEqual([503, 'web is stopped. POST /system/services/web/start starts it.']);
  expect(await post('/system/services/web/restart')).toMatchObject({ status: 200 });
  expect(await stateOf('web')).toBe('stopped');
  for (const _ of [1, 2]) {
    expect(JSON.parse((await post('/system/services/web/start')).text)).toMatchObject({ state: 'ready' });
  }
});

it('a new definition runs', async () => {
  await post('/system/services/web/stop');
  const definition = await (await api.ask('/system/services/web')).json();
  await api.ask('/system/services', { method: 'PUT', body: JSON.stringify(definition) });
  observed = { web: {} };
  expect(await stateOf('web')).toBe('ready');
});

it('where no servers run, stopping changes nothing that is said', async () => {
  observed = { away: { state: 'unavailable', reason: 'It is not exposed: no servers run here.' } };
  expect(JSON.parse((await post('/system/services/away/stop')).text)).toMatchObject({ state: 'unavailable' });
  // What was observed a moment ago counts for a moment.
  const visit = () => exchange(api.exposedPort, { method: 'GET', path: at('away') });
  await expect.poll(async () => (await visit()).text).toContain('no servers run here');
});

const refused: [method: string, path: string, status: number, text: string][] = [
  ['POST', 'plain/stop', 400, 'service "plain" is not exposed'],
  ['POST', 'plain/start', 400, 'service "plain" is not exposed'],
  ['POST', 'plain/restart', 400, 'service "plain" is not exposed'],
  ...['deployment', 'deployment/logs'].flatMap((what): typeof refused => [
    ['GET', `nobody/${what}`, 404, ''],
    ['GET', `bad!name/${what}`, 400, 'invalid serviceName'],
    ['GET', `%20/${what}`, 400, 'serviceName is required'],
  ]),
  ...['stop', 'start', 'restart'].flatMap((what): typeof refused => [
    ['POST', `nobody/${what}`, 404, ''],
    ['POST', `bad!name/${what}`, 400, 'invalid serviceName'],
    ['POST', `%20/${what}`, 400, 'serviceName is required'],
    ['GET', `web/${what}`, 404, '404 page not found'],
  ]),
];

it.each(refused)('%s %s is %i %s', async (method, path, status, text) => {
  const answer = await api.ask(`/system/services/${path}`, { method });
  expect([answer.status, await answer.text()]).toEqual([status, text]);
});

const user = (uid: string): Person => ({ kind: 'user', uid, name: uid, namespace: `oscar-svc-${uid}`, groups: [] });
const asked = async (person: Person, method: string, path: string): Promise<string> => {
  const route = deploymentRoutes(api.parts).find((one) => one.method === method && one.path.endsWith(path));
  const call = { params: { serviceName: 'shared' }, query: new URLSearchParams(), person } as unknown as PersonalCall;
  if (!route) throw new Error(`nothing answers ${method} ${path}`);
  const { status, body }: Answer = await route.handle(call);
  return status === 200 ? '200' : `${status} ${body}`;
};
const unseen = '403 You do not have permission to access this service';
const unmanaged = (uid: string) => `403 User ${uid} doesn't have permission to manage this service`;
const people: [uid: string, read: string, steer: string][] = [
  ['bob', '200', '200'],
  ['ann', '200', unmanaged('ann')],
  ['eve', unseen, unmanaged('eve')],
];

it.each(people)('%s sees and steers what they may', async (uid, read, steer) => {
  for (const path of ['/deployment', '/deployment/logs']) expect(await asked(user(uid), 'get', path)).toBe(read);
  for (const path of ['/stop', '/start', '/restart']) expect(await asked(user(uid), 'post', path)).toBe(steer);
});

it('nothing went wrong behind it', () => expect(api.failures).toEqual([]));
