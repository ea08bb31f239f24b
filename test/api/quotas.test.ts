import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespaceOf } from '../../src/model/person.ts';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
let ask: ReturnType<typeof askAs>;
beforeAll(async () => {
  api = await startApi(() => [], people());
  ask = askAs(api);
  // Who has asked for anything is known from then on.
  for (const name of ['alice', 'bob', 'carol', 'egi']) await ask(name, '/system/volumes');
});
afterAll(() => api?.close());

const own = '/system/quotas/user';
const answered = async (asked: Promise<Response>): Promise<[number, string]> => {
  const answer = await asked;
  return [answer.status, await answer.text()];
};
const read = (who: string, path: string) => answered(ask(who, path));
const change = (user: string, body: string) => answered(ask('admin', `${own}/${user}`, { method: 'PUT', body }));

const fresh = (user: string) =>
  `{"user_id":"${user}","volumes":{"disk":{"max":"7Gi","used":"0"},"volumes":{"max":"5","used":"0"},` +
  '"max_disk_per_volume":"5Gi","min_disk_per_volume":"200Mi"},' +
  '"minio":{"buckets":{"max":0,"used":0},"storage_per_bucket":{"max":"0"},"storage_total":{"used":"0"}}}';
const missing = (user: string, short = user) =>
  `getting volume quotas for user ${user}: resourcequotas "${short}" not found`;
const regular = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const nothing = 'cpu, memory, ephemeral_storage, volumes or minio must be provided';
const kueue = 'kueue is not enabled: /system/quotas requires KUEUE_ENABLE=true';
const invalid = 'invalid payload: ';

describe('a quota is read', () => {
  it.each([
    ['alice', own, 200, fresh('alice')],
    ['admin', own, 401, 'missing user identificator: missing user identificator'],
    ['admin', `${own}/alice`, 200, fresh('alice')],
    ['admin', '/system/quotas/alice', 200, fresh('alice')],
    ['admin', `${own}/0af3%40egi.eu`, 200, fresh('0af3@egi.eu')],
    ['alice', `${own}/alice`, 403, 'forbidden'],
    ['alice', `${own}/bob`, 403, 'forbidden'],
    ['alice', '/system/quotas/bob', 403, 'forbidden'],
    ['admin', `${own}/nobody`, 500, missing('nobody')],
    ['admin', '/system/quotas/nobody', 500, missing('nobody')],
    ['admin', `${own}/oscar`, 500, missing('oscar')],
    ['admin', `${own}/cluster_admin`, 500, missing('cluster_admin')],
    ['admin', `${own}/0bf3%40egi.eu`, 500, missing('0bf3@egi.eu', '0bf3')],
  ])('by %s: GET %s is %i', async (who, path, code, text) => {
    expect(await read(who, path)).toEqual([code, text]);
  });

  it('with what the user has', async () => {
    await ask('bob', '/system/volumes', { method: 'POST', json: { name: 'a', size: '1Gi' } });
    await ask('bob', '/system/volumes', { method: 'POST', json: { name: 'b', size: '1536Mi' } });
    await ask('bob', '/system/buckets', { method: 'POST', json: { bucket_name: 'bobs' } });
    await api.buckets.put('bobs', 'x', { bytes: Buffer.alloc(1536) }, {});
    expect(JSON.parse((await read('bob', own))[1])).toMatchObject({
      volumes: { disk: { max: '7Gi', used: '2560Mi' }, volumes: { max: '5', used: '2' } },
      minio: { buckets: { max: 0, used: 1 }, storage_total: { used: '1.5Ki' } },
    });
  });
});

describe('a quota is changed', () => {
  it.each([
    ['', 400, `${invalid}EOF`],
    ['{"volumes":', 400, `${invalid}unexpected EOF`],
    [
      '{"cpu":2}',
      400,
      `${invalid}json: cannot unmarshal number into Go struct field QuotaUpdateRequest.cpu of type string`,
    ],
    ['{}', 400, nothing],
    ['{"gpu":"1"}', 400, nothing],
    ['{"volumes":{},"minio":{}}', 400, nothing],
    ['{"volumes":null,"minio":null}', 400, nothing],
    ['{"volumes":{"disk":""}}', 400, nothing],
    ['{"cpu":"2"}', 503, kueue],
    ['{"memory":"2Gi"}', 503, kueue],
    ['{"ephemeral_storage":"1Gi","volumes":{"disk":"1Gi"}}', 503, kueue],
    ['{"volumes":{"disk":"x"}}', 500, `invalid volumes.disk quantity: ${regular}`],
    ['{"volumes":{"volumes":"many"}}', 500, `invalid volumes.volumes quantity: ${regular}`],
    ['{"volumes":{"max_disk_per_volume":"x"}}', 500, `invalid volumes.max_disk_per_volume quantity: ${regular}`],
    ['{"volumes":{"min_disk_per_volume":"x"}}', 500, `invalid volumes.min_disk_per_volume quantity: ${regular}`],
    [
      '{"volumes":{"disk":"-1Gi"}}',
      500,
      'ResourceQuota "carol" is invalid: spec.hard[requests.storage]: Invalid value: "-1Gi": must be greater than or equal to 0',
    ],
    [
      '{"volumes":{"volumes":"-1"}}',
      500,
      'ResourceQuota "carol" is invalid: spec.hard[persistentvolumeclaims]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      '{"volumes":{"min_disk_per_volume":"6Gi"}}',
      500,
      'LimitRange "carol" is invalid: spec.limits[0].min[storage]: Invalid value: "6Gi": min value 6Gi is greater than max value 5Gi',
    ],
    ['{"minio":{"buckets":"x"}}', 500, 'invalid minio.buckets quantity: strconv.ParseInt: parsing "x": invalid syntax'],
    [
      '{"minio":{"buckets":"1.5"}}',
      500,
      'invalid minio.buckets quantity: strconv.ParseInt: parsing "1.5": invalid syntax',
    ],
    [
      '{"minio":{"buckets":"99999999999999999999"}}',
      500,
      'invalid minio.buckets quantity: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    ['{"minio":{"buckets":"-1"}}', 500, 'invalid minio.buckets quantity: must be greater than or equal to zero'],
    ['{"minio":{"storage_per_bucket":"x"}}', 500, `invalid minio.storage_per_bucket: ${regular}`],
    [
      '{"volumes":{"disk":"1Gi"},"minio":{"buckets":"x"}}',
      500,
      'invalid minio.buckets quantity: strconv.ParseInt: parsing "x": invalid syntax',
    ],
  ])('not by %s: %i', async (body, code, text) => {
    expect(await change('carol', body)).toEqual([code, text]);
    expect(await read('carol', own)).toEqual([200, fresh('carol')]);
  });

  it.each([
    ['nobody', '{"volumes":{"disk":"1Gi"}}', 'getting current volume quota: resourcequotas "nobody" not found'],
    ['nobody', '{"volumes":{"disk":"x"}}', 'getting current volume quota: resourcequotas "nobody" not found'],
    [
      'nobody',
      '{"minio":{"buckets":"1"}}',
      `creating MinIO quota ConfigMap ${namespaceOf('nobody')}/oscar-minio-quota: namespaces "${namespaceOf('nobody')}" not found`,
    ],
    [
      'cluster_admin',
      '{"volumes":{"disk":"1Gi"}}',
      'getting current volume quota: resourcequotas "cluster_admin" not found',
    ],
    ['cluster_admin', '{"minio":{"buckets":"1"}}', missing('cluster_admin')],
  ])('not that of %s by %s', async (user, body, text) => {
    expect(await change(user, body)).toEqual([500, text]);
  });

  it.each([`${own}/carol`, '/system/quotas/carol'])('not by a user: PUT %s', async (path) => {
    expect(await answered(ask('carol', path, { method: 'PUT', body: '{"volumes":{"disk":"100Gi"}}' }))).toEqual([
      403,
      'forbidden',
    ]);
  });

  it('a part at a time, each as Kubernetes writes it', async () => {
    expect((await change('alice', '{"volumes":{"disk":"2048Mi","VOLUMES":"3"},"gpu":"1"}'))[0]).toBe(200);
    const [, text] = await answered(
      ask('admin', '/system/quotas/alice', {
        method: 'PUT',
        body: '{"volumes":{"max_disk_per_volume":"1Gi","min_disk_per_volume":"1Mi"},"minio":{"buckets":" 7 ","storage_per_bucket":"1Gi"}}',
      }),
    );
    expect(text).toBe(
      '{"user_id":"alice","volumes":{"disk":{"max":"2Gi","used":"0"},"volumes":{"max":"3","used":"0"},' +
        '"max_disk_per_volume":"1Gi","min_disk_per_volume":"1Mi"},' +
        '"minio":{"buckets":{"max":7,"used":0},"storage_per_bucket":{"max":"1Gi"},"storage_total":{"used":"0"}}}',
    );
    expect(await read('alice', own)).toEqual([200, text]);
  });

  it('and holds from then on', async () => {
    const make = (size: string) => ask('alice', '/system/volumes', { method: 'POST', json: { name: 'a', size } });
    expect(await answered(make('2Gi'))).toEqual([
      500,
      'persistentvolumeclaims "a" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    ]);
    expect((await make('1Mi')).status).toBe(201);
  });
});

it('nothing failed behind the API', () => {
  expect(api.failures).toEqual([]);
});
