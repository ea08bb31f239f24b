import { describe, expect, it } from 'vitest';
import { byAdministrator } from '../../src/declare/author.ts';
import type { Replica } from '../../src/model/service.ts';
import { answered, endpoint, listed, replica, useClusters, warning } from './federated.ts';

const { home, far, here, there, cluster, service, create, federation } = useClusters();

describe('the members of a service', () => {
  it('are none, and of no topology, where nothing is said about them', async () => {
    await create({ ...service([]), federation: undefined });
    expect(await federation('GET')).toEqual(listed(null, 'none'));
  });

  it('are added, with their clusters and stores, which get a copy', async () => {
    await create(service([], { clusters: undefined }));
    const one = replica('far', 'copy', { priority: 3 });
    const stores = { minio: { home: { endpoint: 'http://h', access_key: 'a', secret_key: 's', region: 'r' } } };
    const wanted = { members: [one], clusters: { far: cluster() }, storage_providers: stores };
    expect(await federation('POST', wanted)).toEqual(listed([one]));
    expect(await federation('GET')).toEqual(listed([one]));
    expect(there('copy')?.definition).toMatchObject({ cluster_id: 'far', token: home().token('fed') });
    expect(here('fed')?.definition).toMatchObject({
      clusters: { far: cluster() },
      storage_providers: { minio: { home: stores.minio.home, default: { access_key: 'hidden' } } },
    });
    const keys = Object.keys(JSON.parse((await answered(home().ask('/system/services/fed')))[1]));
    expect(keys.indexOf('clusters')).toBe(keys.indexOf('owner') - 1);
  });

  it.each<[what: string, body: object, members: Replica[]]>([
    [
      'by `update`',
      { members: [endpoint('http://b')], update: [endpoint('http://c', { priority: 4 })] },
      [endpoint('http://a', { headers: { x: 'y' } }), endpoint('http://c', { priority: 4 })],
    ],
    [
      'by `members` alone, what is not said of them stays',
      { members: [endpoint('http://a', { priority: 7 })] },
      [endpoint('http://a', { priority: 7, headers: { x: 'y' } }), endpoint('http://b')],
    ],
    [
      'by `members` that are new',
      { members: [endpoint('http://d')] },
      [endpoint('http://a', { headers: { x: 'y' } }), endpoint('http://b'), endpoint('http://d')],
    ],
    [
      'by `update` for nobody',
      { members: [endpoint('http://d')], update: [endpoint('http://e')] },
      [endpoint('http://a', { headers: { x: 'y' } }), endpoint('http://b')],
    ],
  ])('are changed %s', async (_, body, members) => {
    await create(service([endpoint('http://a', { headers: { x: 'y' } }), endpoint('http://b')]));
    const told = members.map(() => 'cluster "" not defined').join(' ');
    expect(await federation('PUT', body)).toEqual(warning(told));
    expect(await federation('GET')).toEqual(listed(members));
  });

  it.each<[what: string, body: string, members: Replica[] | null]>([
    ['one', JSON.stringify({ members: [{ type: 'ENDPOINT', url: 'http://a' }] }), [endpoint('http://b')]],
    ['none', '{"members":[]}', [endpoint('http://a'), endpoint('http://b')]],
    ['all', '{"members":null,"delete":true}', null],
    ['all, by an empty list', '{"members":[],"delete":true}', null],
    ['all that endpoints are', '{"members":[{"type":"endpoint"}]}', null],
  ])('are removed: %s', async (_, body, members) => {
    await create(service([endpoint('http://a'), endpoint('http://b')]));
    expect((await federation('DELETE', body))[0]).toBe(200);
    expect(await federation('GET')).toEqual(listed(members));
  });

  it('take their copies along with `delete`, and services here that are called so', async () => {
    await create(service([replica('far', 'copy')]));
    await create({ ...service([]), name: 'twin', federation: undefined });
    await federation('POST', { members: [replica('far', 'twin'), replica('far', 'fed')] });
    expect([there('copy')?.name, there('twin')?.name, there('fed')?.name]).toEqual(['copy', 'twin', 'fed']);
    expect(await federation('DELETE', { delete: true })).toEqual(listed(null));
    expect([there('copy'), there('twin'), there('fed')]).toEqual([undefined, undefined, undefined]);
    expect([here('twin'), here('fed')?.name]).toEqual([undefined, 'fed']);
  });

  it('stay where they are when what is called like a copy is none', async () => {
    await create(service([]));
    await far().serve('theirs', 'print x');
    await home().parts.declare.federation.change('fed', { members: () => [replica('far', 'theirs')] }, byAdministrator);
    expect(await federation('DELETE', { delete: true })).toEqual(warning('theirs on far is no copy of fed'));
    expect(there('theirs')?.name).toBe('theirs');
  });

  it.each(['POST', 'PUT', 'DELETE'])('are not changed by a bad body of %s', async (method) => {
    await create(service([]));
    for (const bad of ['', '{', '[]', '{"members":{}}', '{"members":[{"priority":-1}]}']) {
      const [status, text] = await federation(method, bad);
      expect([status, text.slice(0, 17)]).toEqual([400, 'Invalid payload: ']);
    }
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE'])('of a service that is not there: %s is 404', async (method) => {
    expect(await federation(method, method === 'GET' ? undefined : '{}')).toEqual([404, '']);
  });

  it('need a refresh_token: without one the change is made, and answered 500', async () => {
    await create(service([], { environment: {} }));
    const [status, text] = await federation('POST', { members: [endpoint('http://a')] });
    expect([status, text]).toEqual([500, 'error reading refresh-token secret: secret "fed" has no refresh_token']);
    expect(await federation('GET')).toEqual(listed([endpoint('http://a')]));
  });

  it('are seen by those who may see the service, and changed by those who may change it', async () => {
    await create(service([endpoint('http://a')], { visibility: 'restricted', allowed_users: ['bob'] }), 'alice');
    const may = async (who: string, method: string) =>
      (await federation(method, method === 'GET' ? undefined : '{}', who))[0];
    const all: string[] = [];
    for (const who of ['admin', 'alice', 'bob', 'carol']) {
      const said = [await may(who, 'GET'), await may(who, 'POST'), await may(who, 'PUT'), await may(who, 'DELETE')];
      all.push(`${who} ${said.join(' ')}`);
    }
    expect(all).toEqual([
      'admin 200 200 200 200',
      'alice 200 200 200 200',
      'bob 200 403 403 403',
      'carol 403 403 403 403',
    ]);
    expect(await federation('PUT', '{}', 'bob')).toEqual([
      403,
      "User bob doesn't have permision to modify this service",
    ]);
  });
});
