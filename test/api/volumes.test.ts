import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
let ask: ReturnType<typeof askAs>;
beforeAll(async () => {
  api = await startApi(() => [], people());
  ask = askAs(api);
});
afterAll(() => api?.close());

const all = '/system/volumes';
const dns = 'volume.name must satisfy Kubernetes DNS-1123 naming rules';
const positive = 'volume.size must be a valid positive quantity';
const invalid = 'The volume specification is not valid: ';
const required = (field: string) =>
  `Key: 'ManagedVolumeCreateRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;

const answered = async (asked: Promise<Response>): Promise<[number, string]> => {
  const answer = await asked;
  return [answer.status, await answer.text()];
};
const make = (who: string, json: object) => answered(ask(who, all, { method: 'POST', json }));
const remove = (who: string, name: string) => answered(ask(who, `${all}/${name}`, { method: 'DELETE' }));
const read = async (who: string, name: string) => (await ask(who, `${all}/${name}`)).json();
const declare = (who: string, name: string, volume: object, more: object = {}) => {
  const json = {
    name,
    image: 'docker.io/library/alpine',
    script: 'true',
    volume: { mount_path: '/data', ...volume },
    ...more,
  };
  return answered(ask(who, '/system/services', { method: 'POST', json }));
};
const withdraw = (who: string, name: string) => answered(ask(who, `/system/services/${name}`, { method: 'DELETE' }));
const status = async (who: string, name: string) =>
  ((await (await ask(who, `/system/services/${name}`)).json()) as { volume_status: object }).volume_status;

describe('POST /system/volumes', () => {
  it('answers the volume, its size as Kubernetes writes it', async () => {
    const answer = await ask('admin', all, { method: 'POST', body: '{"NAME":" made ","size":" 1024Mi ","more":1}' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([201, 'application/json; charset=utf-8']);
    expect(await answer.text()).toBe(
      '{"name":"made","namespace":"oscar-svc","pvc_name":"made","size":"1Gi","owner_user":"cluster_admin","creation_mode":"api","status":{"phase":"pending"}}',
    );
  });

  it.each([
    ['', 400, `${invalid}EOF`],
    ['{"name":', 400, `${invalid}unexpected EOF`],
    [
      '{"name":1,"size":"1Gi"}',
      400,
      `${invalid}json: cannot unmarshal number into Go struct field ManagedVolumeCreateRequest.name of type string`,
    ],
    ['{}', 400, `${invalid}${required('Name')}\n${required('Size')}`],
    ['{"name":"a"}', 400, invalid + required('Size')],
    ['{"size":"1Gi"}', 400, invalid + required('Name')],
    ['{"name":" ","size":"1Gi"}', 400, dns],
    ['{"name":"Bad_Name","size":"1Gi"}', 400, dns],
    ['{"name":"-a","size":"1Gi"}', 400, dns],
    ['{"name":"a.b","size":"1Gi"}', 400, dns],
    [`{"name":"${'a'.repeat(64)}","size":"1Gi"}`, 400, dns],
    ['{"name":"a","size":" "}', 400, positive],
    ['{"name":"a","size":"0"}', 400, positive],
    ['{"name":"a","size":"-1Gi"}', 400, positive],
    ['{"name":"a","size":"big"}', 400, positive],
    ['{"name":"made","size":"2Gi"}', 409, 'volume already exists in caller namespace'],
  ])('answers %s with %i', async (body, code, text) => {
    expect(await answered(ask('admin', all, { method: 'POST', body }))).toEqual([code, text]);
  });

  it('makes one of many that come at once', async () => {
    const codes = await Promise.all(Array.from({ length: 5 }, () => make('admin', { name: 'once', size: '1Gi' })));
    expect(codes.map(([code]) => code).sort()).toEqual([201, 409, 409, 409, 409]);
    await remove('admin', 'once');
  });
});

describe('volumes that are there', () => {
  it('are listed by name, none as an empty list', async () => {
    expect(await answered(ask('carol', all))).toEqual([200, '[]']);
    await make('admin', { name: 'also', size: '1G' });
    expect(await (await ask('admin', all)).json()).toMatchObject([{ name: 'also', size: '1G' }, { name: 'made' }]);
    expect(await remove('admin', 'also')).toEqual([204, '']);
    expect(await (await ask('admin', all)).json()).toMatchObject([{ name: 'made' }]);
  });

  it.each([
    ['GET', 404],
    ['DELETE', 204],
  ])('%s of one that is not there is %i', async (method, code) => {
    expect(await answered(ask('admin', `${all}/nothing`, { method }))).toEqual([code, '']);
  });

  it('are nobody’s without a password', async () => {
    const codes = await Promise.all(
      [all, `${all}/made`].map(async (path) => (await api.ask(path, { admin: false })).status),
    );
    expect(codes).toEqual([401, 401]);
  });

  it('are in use by the services that attach them, and cannot be deleted then', async () => {
    expect(await declare('admin', 'zoe', { name: 'made', mount_path: '/z/' })).toEqual([201, '']);
    expect(await declare('admin', 'ann', { name: 'made' })).toEqual([201, '']);
    expect(await (await ask('admin', `${all}/made`)).text()).toBe(
      '{"name":"made","namespace":"oscar-svc","pvc_name":"made","size":"1Gi","owner_user":"cluster_admin","creation_mode":"api",' +
        '"attachments":[{"service_name":"ann","mount_path":"/data"},{"service_name":"zoe","mount_path":"/z/"}],' +
        '"status":{"phase":"in_use","attachment_count":2}}',
    );
    expect(await status('admin', 'ann')).toEqual({ enabled: true, name: 'made', phase: 'in_use' });
    expect(await remove('admin', 'made')).toEqual([400, 'managed volume is still attached to one or more services']);
    for (const name of ['ann', 'zoe']) await withdraw('admin', name);
    expect(await read('admin', 'made')).toMatchObject({ status: { phase: 'pending' } });
    expect(await remove('admin', 'made')).toEqual([204, '']);
    expect((await ask('admin', `${all}/made`)).status).toBe(404);
  });

  it('belong to one person each', async () => {
    await make('alice', { name: 'mine', size: '1Gi' });
    await make('bob', { name: 'mine', size: '2Gi' });
    expect(await read('alice', 'mine')).toMatchObject({
      owner_user: 'alice',
      namespace: 'oscar-svc-alice',
      size: '1Gi',
    });
    expect(await read('bob', 'mine')).toMatchObject({ owner_user: 'bob', namespace: 'oscar-svc-bob', size: '2Gi' });
    expect(await answered(ask('admin', all))).toEqual([200, '[]']);
    expect(await declare('alice', 'hers', { name: 'mine' })).toEqual([201, '']);
    expect(await remove('bob', 'mine')).toEqual([204, '']);
    expect((await ask('bob', `${all}/mine`)).status).toBe(404);
    expect(await read('alice', 'mine')).toMatchObject({ attachments: [{ service_name: 'hers' }] });
    const nobodys = 'Referenced volume does not exist in the caller namespace';
    expect(await declare('bob', 'his', { name: 'mine' })).toEqual([400, nobodys]);
    expect(await declare('bob', 'his', { name: 'mine' }, { namespace: 'oscar-svc-alice' })).toEqual([400, nobodys]);
    await withdraw('alice', 'hers');
    await remove('alice', 'mine');
  });
});

describe('a service with a volume', () => {
  it('makes it, and takes it along', async () => {
    expect(await declare('admin', 'maker', { size: '2048Mi' })).toEqual([201, '']);
    expect(await (await ask('admin', `${all}/maker`)).text()).toBe(
      '{"name":"maker","namespace":"oscar-svc","pvc_name":"maker","size":"2Gi","owner_user":"cluster_admin","created_by_service":"maker",' +
        '"creation_mode":"service","lifecycle_policy":"delete","attachments":[{"service_name":"maker","mount_path":"/data"}],' +
        '"status":{"phase":"in_use","attachment_count":1}}',
    );
    expect(await status('admin', 'maker')).toEqual({ enabled: true, name: 'maker', phase: 'in_use' });
    await withdraw('admin', 'maker');
    expect((await ask('admin', `${all}/maker`)).status).toBe(404);
  });

  it('leaves it when it is to be retained: for another service, but not under the same declaration', async () => {
    await declare('admin', 'maker', { name: 'kept', size: '1Gi', lifecycle_policy: 'retain' });
    await withdraw('admin', 'maker');
    expect(await read('admin', 'kept')).toMatchObject({ created_by_service: 'maker', status: { phase: 'pending' } });
    const taken = [409, 'A managed volume with the provided name already exists'];
    expect(await declare('admin', 'maker', { name: 'kept', size: '1Gi' })).toEqual(taken);
    expect(await declare('admin', 'other', { name: 'kept', size: '1Gi' })).toEqual(taken);
    expect((await ask('admin', '/system/services/maker')).status).toBe(404);
    expect(await declare('admin', 'other', { name: 'kept' })).toEqual([201, '']);
    await withdraw('admin', 'other');
    expect(await remove('admin', 'kept')).toEqual([204, '']);
  });

  it('leaves one that another service attaches by now', async () => {
    await declare('admin', 'maker', { size: '1Gi' });
    await declare('admin', 'other', { name: 'maker' });
    await withdraw('admin', 'maker');
    expect(await read('admin', 'maker')).toMatchObject({ attachments: [{ service_name: 'other' }] });
    await withdraw('admin', 'other');
    expect(await remove('admin', 'maker')).toEqual([204, '']);
  });

  it('is refused when there is none of that name, and leaves nothing', async () => {
    const missing = [400, 'Referenced volume does not exist in the caller namespace'];
    expect(await declare('admin', 'lost', { name: 'nothing' })).toEqual(missing);
    expect((await ask('admin', '/system/services/lost')).status).toBe(404);
  });

  it('leaves no volume when it cannot be declared', async () => {
    const input = [{ storage_provider: 'minio.none', path: 'a/in' }];
    expect(await declare('admin', 'lost', { size: '1Gi' }, { input })).toEqual([
      500,
      'the StorageProvider "minio.none" is not defined',
    ]);
    expect((await ask('admin', `${all}/lost`)).status).toBe(404);
  });

  it.each([
    [{ mount_path: ' ' }, 'volume.mount_path is required'],
    [{}, 'volume.name is required when volume.size is not set'],
    [{ name: 'Bad_Name' }, dns],
    [{ size: '0' }, positive],
    [{ size: '1Gi', lifecycle_policy: 'keep' }, 'volume.lifecycle_policy must be either "delete" or "retain"'],
    [{ name: 'a', lifecycle_policy: 'retain' }, 'volume.lifecycle_policy is only valid when volume.size is set'],
    [{ size: '1Gi', mount_path: 'data' }, 'volume.mount_path must be an absolute path'],
    [{ size: '1Gi', mount_path: '/oscar/bin/x' }, 'volume.mount_path cannot overlap OSCAR reserved paths'],
  ])('%j is not valid', async (volume, text) => {
    expect(await declare('admin', 'wrong', volume)).toEqual([400, `The service specification is not valid: ${text}`]);
  });

  it('cannot have another one', async () => {
    await declare('admin', 'maker', { size: '1Gi', mount_path: '/data/' });
    const json = { name: 'maker', image: 'alpine', script: 'true', volume: { size: '1Gi', mount_path: '/data' } };
    expect(await answered(ask('admin', '/system/services', { method: 'PUT', json }))).toEqual([
      400,
      'volume updates are not supported after service creation',
    ]);
    await withdraw('admin', 'maker');
  });

  it('without one says so', async () => {
    await answered(
      ask('admin', '/system/services', { method: 'POST', json: { name: 'plain', image: 'a', script: 'b' } }),
    );
    expect(await status('admin', 'plain')).toEqual({ enabled: false });
  });
});

describe('the room of a user', () => {
  it('ends with the disk, or the number of volumes', async () => {
    expect((await make('carol', { name: 'a', size: '4Gi' }))[0]).toBe(201);
    expect(await make('carol', { name: 'b', size: '4Gi' })).toEqual([
      400,
      'not enough volume disk quota: requested 4Gi, available 3Gi',
    ]);
    for (const name of ['b', 'c', 'd', 'e']) expect((await make('carol', { name, size: '200Mi' }))[0]).toBe(201);
    expect(await make('carol', { name: 'f', size: '200Mi' })).toEqual([
      400,
      'not enough volume count quota: requested 1, available 0',
    ]);
    expect(await declare('carol', 'hers', { size: '200Mi' })).toEqual([
      500,
      'Error creating the service: not enough volume count quota: requested 1, available 0',
    ]);
    expect((await ask('carol', '/system/services/hers')).status).toBe(404);
    for (const name of ['b', 'c', 'd', 'e']) await remove('carol', name);
    expect(await declare('carol', 'hers', { size: '200Mi' })).toEqual([201, '']);
  });

  it.each([
    ['6Gi', 'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi'],
    ['100Mi', 'minimum storage usage per PersistentVolumeClaim is 200Mi, but request is 100Mi'],
  ])('has bounds for each volume: %s', async (size, why) => {
    expect(await make('bob', { name: 'odd', size })).toEqual([
      500,
      `persistentvolumeclaims "odd" is forbidden: ${why}`,
    ]);
  });

  it('is not exceeded by many that come at once', async () => {
    const wanted = Array.from({ length: 8 }, (_, index) => make('bob', { name: `v${index}`, size: '1Gi' }));
    const codes = (await Promise.all(wanted)).map(([code]) => code);
    expect(codes.sort()).toEqual([201, 201, 201, 201, 201, 400, 400, 400]);
  });

  it('has no end for the administrator', async () => {
    expect((await make('admin', { name: 'huge', size: '100Ti' }))[0]).toBe(201);
  });
});

it('nothing failed behind the API', () => {
  expect(api.failures).toEqual([]);
});
