import { describe, expect, it } from 'vitest';
import type { Says } from '../fakes/member.ts';
import { endpoint, replica, useClusters, warning } from './federated.ts';

const { home, far, here, there, fake, cluster, service, create, update } = useClusters();

describe('a federated service', () => {
  it('is refused without a refresh_token', async () => {
    const sentence = 'refresh_token secret is required for federated services';
    expect(await create(service([replica('far', 'copy')], { environment: {} }))).toEqual([400, sentence]);
    await create(service([]));
    await create({ ...service([], { environment: {} }), name: 'bare' });
    const members = [replica('far', 'copy')];
    expect(await update({ ...service(members, { environment: {} }), name: 'bare' })).toEqual([400, sentence]);
    expect(await update(service(members, { environment: {} }))).toEqual([204, '']);
  });

  it.each<[what: string, clusters: () => Promise<object>, why: string]>([
    ['is not defined', async () => ({}), 'cluster "far" not defined'],
    ['has no address', async () => ({ far: cluster(' ') }), 'empty cluster endpoint'],
    [
      'does not know who asks',
      async () => ({ far: { ...cluster(), auth_password: 'wrong' } }),
      'cluster "far": cluster responded with status 401',
    ],
    [
      'is away',
      async () => ({ far: cluster('http://127.0.0.1:1') }),
      'cluster "far": request failed: connect ECONNREFUSED 127.0.0.1:1',
    ],
    [
      'sends elsewhere',
      async () => ({ far: cluster((await fake(() => [307])).url) }),
      'cluster "far": cluster responded with status 307',
    ],
  ])('is refused when the cluster of a member %s', async (_, clusters, why) => {
    const members = [replica('far', 'copy'), endpoint('http://a')];
    expect(await create(service(members, { clusters: await clusters() }))).toEqual([
      401,
      `federation auth failed: [${why}]`,
    ]);
    expect(here('fed')).toBeUndefined();
  });

  it('has copies on the clusters of its members: of its files, its secrets and its token', async () => {
    const lent = { endpoint: 'http://home:9000', verify: true, access_key: 'a', secret_key: 's', region: 'r' };
    const stored = { storage_provider: 'minio.default', path: 'fed/out' };
    const given = service([replica('far', 'copy'), endpoint('http://a')], {
      storage_providers: { minio: { default: lent, edge: lent } },
      input: [{ storage_provider: 'minio', path: 'fed/in' }],
      output: [stored, { ...stored, storage_provider: 'minio.edge' }],
      annotations: { mine: 'yes' },
    });
    expect(await create(given)).toEqual([201, '']);
    const copy = there('copy');
    expect(copy?.secrets).toEqual({ refresh_token: 'r', KEY: 'k' });
    expect(copy?.definition).toMatchObject({
      name: 'copy',
      cluster_id: 'far',
      token: home().token('fed'),
      script: given.script,
      federation: { group_id: 'fed', topology: 'star' },
      input: [{ storage_provider: 'minio', path: 'fed/in' }],
      output: [
        { ...stored, storage_provider: 'minio.home' },
        { ...stored, storage_provider: 'minio.edge' },
      ],
      storage_providers: { minio: { home: lent, edge: lent, default: { access_key: 'hidden' } } },
      annotations: {
        mine: 'yes',
        'oscar.grycap/origin-cluster': 'home',
        'oscar.grycap/origin-service': 'fed',
        'oscar.grycap/federation-worker': 'true',
      },
      clusters: { far: { auth_user: '', auth_password: '' } },
      owner: 'cluster_admin',
    });
    expect(copy?.definition.federation?.members).toBeUndefined();
    // OSCAR: where the store of a federated service is, its definition tells as it was given.
    expect(here('fed')?.definition.storage_providers.minio?.default).toEqual(lent);
  });

  it('of a mesh has copies that know each other, and it', async () => {
    const members = [replica('far', 'one', { priority: 2 }), replica('far', 'two'), endpoint('http://a')];
    const clusters = { far: cluster(), home: cluster(`http://127.0.0.1:${home().port}`) };
    expect(await create(service(members, { clusters, federation: { topology: 'mesh', members } }))).toEqual([201, '']);
    const first = replica('home', 'fed');
    expect(there('one')?.definition.federation?.members).toEqual([first, ...members.slice(1)]);
    expect(there('two')?.definition.federation?.members).toEqual([first, members[0], members[2]]);
  });

  it('is rolled back, with its copies, when one cannot be made', async () => {
    await far().serve('taken', 'print x');
    const members = [replica('far', 'copy'), replica('far', 'taken')];
    expect(await create(service(members))).toEqual([
      500,
      'Federation failed; rollback completed: [cluster responded with status 400]',
    ]);
    expect([here('fed'), there('copy'), there('taken')?.name]).toEqual([undefined, undefined, 'taken']);
  });

  it('says so when it cannot be rolled back', async () => {
    const says: Says = ({ method, path }) => {
      if (path === '/system/info') return [200, '{}'];
      return method === 'POST' ? [201] : [503];
    };
    const clusters = { far: cluster(), odd: cluster((await fake(says)).url) };
    await far().serve('taken', 'print x');
    expect(await create(service([replica('odd', 'copy'), replica('far', 'taken')], { clusters }))).toEqual([
      500,
      'Federation failed: [cluster responded with status 400]; rollback errors: [cluster responded with status 503]',
    ]);
    expect(here('fed')).toBeUndefined();
  });

  it('brings its copies up to date, makes those that are missing, and tells what is in the way', async () => {
    const members = [replica('far', 'copy')];
    await create(service(members));
    const token = home().token('fed');
    expect(await update(service([...members, replica('far', 'new')], { memory: '512Mi' }))).toEqual([204, '']);
    expect([there('copy')?.definition.memory, there('new')?.definition.memory]).toEqual(['512Mi', '512Mi']);
    expect([there('copy')?.definition.token, there('copy')?.secrets]).toEqual([
      token,
      { refresh_token: 'r', KEY: 'k' },
    ]);
    expect(await update(service([...members, replica('away', 'copy')]))).toEqual(warning('cluster "away" not defined'));
  });

  it('asks other clusters in the name of a user who asks here, and never with the own password', async () => {
    const far = await fake(({ method }) => [method === 'POST' ? 201 : 200, '{}']);
    const clusters = { far: { ...cluster(far.url), auth_user: '', auth_password: '' } };
    expect(await create(service([replica('far', 'copy')], { clusters }), 'alice')).toEqual([201, '']);
    expect(await update(service([replica('far', 'copy')], { clusters, owner: 'alice' }))).toEqual([204, '']);
    expect(far.heard.map(({ method, path, headers }) => [method, path, headers.authorization])).toEqual([
      ['GET', '/system/info', 'Bearer alice'],
      ['POST', '/system/services', 'Bearer alice'],
      ['PUT', '/system/services', undefined],
    ]);
  });

  it('that is a copy takes its token along, and has no copies of its own', async () => {
    const annotations = { 'oscar.grycap/federation-worker': 'true' };
    const token = 'ab'.repeat(32);
    const away = { far: cluster('http://127.0.0.1:1') };
    const copy = service([replica('far', 'x')], { annotations, token, clusters: away });
    expect(await create(copy)).toEqual([201, '']);
    expect(home().token('fed')).toBe(token);
    await create({ ...service([], { token }), name: 'plain' });
    expect(home().token('plain')).not.toBe(token);
  });
});
