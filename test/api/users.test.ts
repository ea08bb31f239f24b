import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, people, said, service } from './persons.ts';
import { type StartedApi, startApi, until } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;

beforeAll(async () => {
  api = await startApi(() => [], people());
  as = askAs(api);
});
afterAll(() => api.close());

const declare = async (who: string, name: string, more: object = {}) => {
  const answer = await as(who, '/system/services', { method: 'POST', json: service(name, more) });
  expect([answer.status, await answer.text()]).toEqual([201, '']);
};
const names = async (who: string) => {
  const all = (await (await as(who, '/system/services')).json()) as { name: string }[];
  return all.map(({ name }) => name);
};

describe('what a user may do with a service', () => {
  beforeAll(async () => {
    await declare('alice', 'hers-private');
    await declare('alice', 'hers-listed', { visibility: 'restricted', allowed_users: [' bob '] });
    await declare('alice', 'hers-public', { visibility: 'public' });
    await declare('alice', 'hers-hidden', { visibility: 'Public' });
    await declare('admin', 'his-private');
    await declare('admin', 'his-listed', { visibility: 'restricted', allowed_users: ['bob'] });
    await declare('admin', 'his-public', { visibility: 'public' });
  });

  it.each([
    ['alice', ['hers-listed', 'hers-private', 'hers-public', 'his-public']],
    ['bob', ['hers-listed', 'hers-public', 'his-listed', 'his-public']],
    ['carol', ['hers-public', 'his-public']],
    ['admin', ['hers-hidden', 'hers-listed', 'hers-private', 'hers-public', 'his-listed', 'his-private', 'his-public']],
  ])('%s lists what %s may see', async (who, seen) => {
    expect(await names(who)).toEqual(seen);
  });

  const refusal = (who: string, what: string) => `403 User ${who} doesn't have permision to ${what} this service`;
  const others: [string, string, boolean][] = [
    ['bob', 'hers-private', false],
    ['bob', 'hers-listed', true],
    ['bob', 'hers-public', true],
    ['bob', 'hers-hidden', false],
    ['carol', 'hers-listed', false],
    ['alice', 'his-private', false],
    ['bob', 'his-listed', true],
    ['carol', 'his-public', true],
    ['alice', 'hers-private', true],
    ['alice', 'hers-hidden', false],
    ['admin', 'hers-private', true],
    ['admin', 'hers-hidden', true],
  ];

  it.each(others)('%s asks for %s, calls it and asks for its jobs: allowed is %s', async (who, name, may) => {
    const read = await as(who, `/system/services/${name}`);
    expect(read.status).toBe(may ? 200 : 403);
    if (!may) expect(await said(read)).toBe(refusal(who, 'get'));
    expect((await as(who, `/run/${name}`, { method: 'POST', body: 'x' })).status).toBe(may ? 200 : 404);
    expect((await as(who, `/job/${name}`, { method: 'POST', body: 'x' })).status).toBe(may ? 201 : 404);
    expect((await as(who, `/system/services/${name}/auth`)).status).toBe(may ? 200 : 403);
    const jobs = await as(who, `/system/logs/${name}`);
    if (may) expect(jobs.status).toBe(200);
    else expect(await said(jobs)).toBe('403 You do not have permission to access this service');
  });

  it.each(['hers-private', 'hers-listed', 'hers-public', 'his-private', 'his-public'])(
    'nobody but its owner and the administrator changes or deletes %s',
    async (name) => {
      const put = await as('bob', '/system/services', { method: 'PUT', json: service(name) });
      expect(await said(put)).toBe(refusal('bob', 'modify'));
      expect(await said(await as('bob', `/system/services/${name}`, { method: 'DELETE' }))).toBe(
        refusal('bob', 'delete'),
      );
    },
  );

  it('a service that is not there is 404 for everyone', async () => {
    for (const who of ['alice', 'admin']) {
      expect(await said(await as(who, '/system/services/none'))).toBe('404');
      expect(await said(await as(who, '/system/services/none', { method: 'DELETE' }))).toBe('404');
      expect(await said(await as(who, '/system/services', { method: 'PUT', json: service('none') }))).toBe('404');
      expect(await said(await as(who, '/system/logs/none'))).toBe('404');
    }
  });

  it('a name is taken for everyone', async () => {
    const again = await as('bob', '/system/services', { method: 'POST', json: service('hers-private') });
    expect(await said(again)).toBe('400 A service with the provided name already exists');
  });

  it('the server says whose a service is, where it is, and how its owner is called', async () => {
    await declare('alice', 'whose', { owner: 'bob', namespace: 'elsewhere', token: 'x' });
    const read = async (who: string) => (await as(who, '/system/services/whose')).json();
    expect(await read('alice')).toMatchObject({
      owner: 'alice',
      namespace: 'oscar-svc-alice',
      labels: { owner_name: 'Alice_Nunez' },
    });
    const put = await as('alice', '/system/services', { method: 'PUT', json: service('whose', { owner: 'bob' }) });
    expect(put.status).toBe(204);
    expect(await read('alice')).toMatchObject({ owner: 'alice', namespace: 'oscar-svc-alice' });
    await as('admin', '/system/services', { method: 'PUT', json: service('whose', { owner: 'bob' }) });
    expect(await read('bob')).toMatchObject({ owner: 'bob', namespace: 'oscar-svc-alice' });
    expect(await said(await as('bob', '/system/services/whose?namespace=oscar-svc', { method: 'DELETE' }))).toBe('204');
  });

  it('someone whose uid is reserved is nobody', async () => {
    expect(await said(await as('evil', '/system/services'))).toBe('401');
    expect(await said(await as('evil', '/run/hers-public', { method: 'POST', body: 'x' }))).toBe('404');
  });

  it('a uid with an @ is taken whole, on /job too', async () => {
    await declare('egi', 'egi-own');
    expect((await as('egi', '/job/egi-own', { method: 'POST', body: 'x' })).status).toBe(201);
    const { jobs } = (await (await as('egi', '/system/logs/egi-own')).json()) as { jobs: object };
    expect(Object.keys(jobs)).toHaveLength(1);
  });
});

describe('the jobs of a service', () => {
  const listed = async (who: string, name: string) =>
    Object.keys(((await (await as(who, `/system/logs/${name}`)).json()) as { jobs: object }).jobs);
  const start = async (who: string, name: string) => {
    const answer = await as(who, `/job/${name}`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(201);
    return answer.headers.get('x-oscar-sandbox-job') ?? '';
  };
  const done = (job: string) =>
    until(
      () => api.store.invocations.get(job)?.state,
      (state) => state === 'Succeeded',
    );

  it('a user sees the own ones, the administrator all', async () => {
    await declare('alice', 'shared', { visibility: 'public' });
    const [hers, his] = [await start('alice', 'shared'), await start('bob', 'shared')];
    const token = { admin: false, headers: { Authorization: `Bearer ${api.token('shared')}` } };
    const body = JSON.stringify({
      Records: [{ requestParameters: { principalId: 'alice', sourceIPAddress: '1.2.3.4' } }],
    });
    const nobodys = await api.ask('/job/shared', { method: 'POST', body, ...token });
    const third = nobodys.headers.get('x-oscar-sandbox-job') ?? '';
    expect(await listed('alice', 'shared')).toEqual([hers]);
    expect(await listed('bob', 'shared')).toEqual([his]);
    expect((await listed('admin', 'shared')).sort()).toEqual([hers, his, third].sort());
  });

  it('the log of a job is for those who may see its service', async () => {
    await declare('alice', 'logged', { visibility: 'restricted', allowed_users: ['bob'] });
    const job = await start('alice', 'logged');
    await done(job);
    const path = `/system/logs/logged/${job}`;
    expect((await as('bob', path)).status).toBe(200);
    expect(await said(await as('carol', path))).toBe('403 You do not have permission to access this service');
    expect(await said(await as('carol', path, { method: 'DELETE' }))).toBe(
      '403 You do not have permission to access this service',
    );
    expect(await said(await as('carol', '/system/logs/logged?all=true', { method: 'DELETE' }))).toBe(
      '403 You do not have permission to access this service',
    );
    expect(await said(await as('carol', '/system/logs/none/none'))).toBe('404');
  });

  it('a guest removes the own jobs, the owner of the service every one', async () => {
    await declare('alice', 'removed', { visibility: 'public' });
    const [hers, his, again] = [
      await start('alice', 'removed'),
      await start('bob', 'removed'),
      await start('bob', 'removed'),
    ];
    for (const job of [hers, his, again]) await done(job);
    const remove = (who: string, what: string) => as(who, `/system/logs/removed${what}`, { method: 'DELETE' });
    expect(await said(await remove('bob', `/${hers}`))).toBe('403 You do not have permission to access this service');
    expect(await said(await remove('bob', `/${again}`))).toBe('204');
    expect(await said(await remove('bob', '?all=true'))).toBe('204');
    expect(await listed('admin', 'removed')).toEqual([hers]);
    const last = await start('bob', 'removed');
    await done(last);
    expect(await said(await remove('alice', ''))).toBe('204');
    expect(await listed('admin', 'removed')).toEqual([]);
  });
});

describe('the configuration', () => {
  it('gives a user the own keys, which stay the same', async () => {
    const keys = async (who: string) =>
      ((await (await as(who, '/system/config')).json()) as { minio_provider: Record<string, string> }).minio_provider;
    const first = await keys('alice');
    expect(first).toMatchObject({ access_key: 'alice', endpoint: api.buckets.endpoint().url });
    expect(first.secret_key).toMatch(/^[\w-]{40}$/);
    expect(await keys('alice')).toEqual(first);
    expect((await keys('bob')).secret_key).not.toBe(first.secret_key);
    expect(await keys('admin')).toMatchObject({ access_key: 'access-key', secret_key: 'secret-key' });
  });

  it('is changed by the administrator alone', async () => {
    const put = await as('alice', '/system/config', { method: 'PUT', json: { allowed_image_repositories: [] } });
    expect([put.headers.get('content-type'), await said(put)]).toEqual(['application/json; charset=utf-8', '401 ""']);
  });
});

describe('virtual organisations', () => {
  let other: StartedApi;
  beforeAll(async () => {
    other = await startApi(() => [], people(['/vo.one', 'vo.two', 'vo.one']));
  });
  afterAll(() => other.close());

  const rows: [string, string, string, string][] = [
    ['bob', '', '201', 'vo.two'],
    ['alice', 'vo.two', '201', 'vo.two'],
    ['alice', '', '201', 'vo.two'],
    ['alice', 'not/listed: at all', '201', 'not/listed: at all'],
    ['bob', 'vo.one', "400 this user isn't enrrolled on the vo: vo.one", ''],
    ['carol', '/vo.one', "400 this user isn't enrrolled on the vo: /vo.one", ''],
  ];
  it.each(rows)('%s declares in “%s”: %s', async (who, vo, answer, stored) => {
    const ask = askAs(other);
    const given = await ask(who, '/system/services', { method: 'POST', json: service('vo', { vo }) });
    expect(await said(given)).toBe(answer);
    if (!stored) return;
    expect(await (await ask(who, '/system/services/vo')).json()).toMatchObject({ vo: stored });
    await ask(who, '/system/services/vo', { method: 'DELETE' });
  });

  it('someone of none of them declares nothing, and the label is one that Kubernetes takes', async () => {
    const none = await startApi(() => [], people(['/a/b c:d', 'x']));
    try {
      const post = (who: string, vo: string) =>
        askAs(none)(who, '/system/services', { method: 'POST', json: service('vo', { vo }) });
      expect(await said(await post('alice', ''))).toBe(
        '400 service must be part of one of the following VO:  [/a/b c:d x]',
      );
      expect(await said(await post('alice', '/e/f g:h'))).toBe('201');
      const { labels } = (await (await askAs(none)('alice', '/system/services/vo')).json()) as { labels: object };
      expect(labels).toMatchObject({ vo: 'e--f__g___h' });
      const changed = { method: 'PUT', json: service('vo', { vo: '' }) };
      expect(await said(await askAs(none)('alice', '/system/services', changed))).toMatch(/^400 service must be part/);
      expect((await (await askAs(none)('admin', '/system/config')).json()) as object).toMatchObject({
        config: { oidc_groups: ['/a/b c:d', 'x'] },
      });
    } finally {
      await none.close();
    }
  });
});
