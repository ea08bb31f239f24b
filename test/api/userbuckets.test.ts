import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, declaring, io, people, said } from './persons.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;

beforeAll(async () => {
  api = await startApi(() => [], people());
  as = askAs(api);
});
afterAll(() => api.close());

const make = async (who: string, bucket_name: string, more: object = {}) =>
  expect(await said(await as(who, '/system/buckets', { method: 'POST', json: { bucket_name, ...more } }))).toBe('201');
const put = (who: string, bucket_name: string, more: object = {}) =>
  as(who, '/system/buckets', { method: 'PUT', json: { bucket_name, ...more } });
interface Shown {
  bucket_name: string;
  visibility: string;
  allowed_users: string[] | null;
  owner: string;
  metadata: Record<string, string>;
}
const list = async (who: string): Promise<Shown[]> => (await as(who, '/system/buckets')).json() as Promise<Shown[]>;
const shown = async (who: string, bucket: string): Promise<Shown> =>
  (await as(who, `/system/buckets/${bucket}`)).json() as Promise<Shown>;
const presign = (who: string, bucket: string, operation = 'download') =>
  as(who, `/system/buckets/${bucket}/presign`, { method: 'POST', json: { object_key: 'a.txt', operation } });

describe('what a user may do with a bucket', () => {
  beforeAll(async () => {
    await make('admin', 'of-admin', { visibility: 'public' });
    await make('alice', 'of-alice-private');
    await make('alice', 'of-alice-listed/folder', { visibility: 'restricted', allowed_users: ['bob'] });
    await make('alice', 'of-alice-public', { visibility: 'public', allowed_users: ['bob'] });
  });

  it('each sees those that they may use', async () => {
    const names = async (who: string) => (await list(who)).map(({ bucket_name }) => bucket_name);
    expect(await names('alice')).toEqual(['of-alice-listed', 'of-alice-private', 'of-alice-public']);
    expect(await names('bob')).toEqual(['of-alice-listed', 'of-alice-public']);
    expect(await names('carol')).toEqual(['of-alice-public']);
    expect(await names('admin')).toEqual(['of-admin', 'of-alice-listed', 'of-alice-private', 'of-alice-public']);
  });

  it('shows whose it is and who may use it', async () => {
    const alices = { owner: 'alice', metadata: { owner_name: 'Alice_Nunez' } };
    expect(await list('alice')).toMatchObject([
      { ...alices, visibility: 'restricted', allowed_users: ['bob'] },
      { ...alices, visibility: 'private', allowed_users: null },
      { ...alices, visibility: 'public', allowed_users: null },
    ]);
    // OSCAR: to the administrator a private bucket has no visibility.
    expect((await list('admin')).map(({ visibility }) => visibility)).toEqual(['', 'restricted', '', 'public']);
    expect(await shown('bob', 'of-alice-listed')).toMatchObject({
      visibility: 'restricted',
      owner: 'alice',
      metadata: { owner: 'alice', owner_name: 'Alice_Nunez' },
      objects: [{ object_name: 'folder/' }],
    });
  });

  const rows: [string, string, boolean, boolean][] = [
    ['alice', 'of-alice-private', true, true],
    ['alice', 'of-admin', false, false],
    ['bob', 'of-alice-private', false, false],
    ['bob', 'of-alice-listed', true, false],
    ['bob', 'of-alice-public', true, false],
    ['carol', 'of-alice-listed', false, false],
    ['carol', 'of-alice-public', true, false],
    ['carol', 'not-there', false, false],
    ['admin', 'of-alice-private', true, true],
  ];
  it.each(rows)('%s with %s: reads and signs %s, deletes %s', async (who, bucket, reads, deletes) => {
    const refused = `403 User '${who}' is not authorised`;
    const read = await as(who, `/system/buckets/${bucket}`);
    if (reads) expect(read.status).toBe(200);
    else expect(await said(read)).toBe(refused);
    const link = await presign(who, bucket);
    if (reads) expect(link.status).toBe(200);
    else if (bucket === 'not-there') expect(await said(link)).toBe("404 Bucket 'not-there' not found");
    else expect(await said(link)).toBe(`${refused} to generate presigned URLs for bucket '${bucket}'`);
    if (deletes) return;
    const gone = await as(who, `/system/buckets/${bucket}`, { method: 'DELETE' });
    if (bucket === 'not-there') expect(await said(gone)).toBe("404 The bucket 'not-there' does not exist");
    else expect(await said(gone)).toBe(refused);
  });

  it('a link is signed by the user, and works as long as they may use the bucket', async () => {
    const { url } = (await (await presign('bob', 'of-alice-listed', 'upload')).json()) as { url: string };
    expect(new URL(url).searchParams.get('X-Amz-Credential')).toMatch(/^bob\//);
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(200);
    expect((await put('alice', 'of-alice-listed', { visibility: 'private' })).status).toBe(204);
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  it('its owner says who may use it, and what is not said stays', async () => {
    await make('alice', 'changing');
    const now = async () => {
      const { visibility, allowed_users } = await shown('alice', 'changing');
      return { visibility, allowed_users };
    };
    await put('alice', 'changing', { visibility: 'restricted', allowed_users: ['bob'] });
    expect(await now()).toEqual({ visibility: 'restricted', allowed_users: ['bob'] });
    await put('alice', 'changing', { allowed_users: ['carol'] });
    expect(await now()).toEqual({ visibility: 'restricted', allowed_users: ['carol'] });
    // OSCAR: 204, and nothing is done.
    for (const who of ['bob', 'carol', 'admin']) {
      expect(await said(await put(who, 'changing', { visibility: 'public' }))).toBe('204');
    }
    expect(await now()).toEqual({ visibility: 'restricted', allowed_users: ['carol'] });
    await put('alice', 'changing', { visibility: 'whatever' });
    expect(await now()).toEqual({ visibility: 'public', allowed_users: null });
    expect(await said(await put('alice', 'not-there'))).toBe('500 Missing bucket metadata:');
  });

  it('a name that is taken is told, and a new bucket has nothing of one that was called so', async () => {
    await make('alice', 'reborn', { visibility: 'public' });
    const taken = { method: 'POST', json: { bucket_name: 'reborn' } };
    expect(await said(await as('bob', '/system/buckets', taken))).toBe(
      `400 Error creating bucket with name 'reborn': the bucket "reborn" already exists`,
    );
    expect(await said(await as('alice', '/system/buckets/reborn', { method: 'DELETE' }))).toBe('204');
    await make('bob', 'reborn');
    expect(await shown('bob', 'reborn')).toMatchObject({ visibility: 'private', owner: 'bob' });
    expect((await as('alice', '/system/buckets/reborn')).status).toBe(403);
  });
});

describe('the buckets of services', () => {
  const { declare, update, drop } = declaring((...asked) => as(...asked));

  it("are their owner's, and as visible as the service", async () => {
    const folders = { input: io('svc-in/in'), output: io('svc-out/out'), mount: io('svc-mount/data')[0] };
    expect(await declare('alice', 'svc', { ...folders, visibility: 'restricted', allowed_users: ['bob'] })).toBe('201');
    const from = { from_service: 'svc', owner_name: 'Alice_Nunez' };
    const restricted = { visibility: 'restricted', allowed_users: ['bob'], owner: 'alice', metadata: from };
    expect((await list('alice')).filter(({ metadata }) => metadata.from_service === 'svc')).toMatchObject([
      restricted,
      { bucket_name: 'svc-mount', visibility: 'private', owner: 'alice', metadata: from },
      restricted,
    ]);
    expect((await as('bob', '/system/buckets/svc-in')).status).toBe(200);
    expect(await update('alice', 'svc', { ...folders, visibility: 'public' })).toBe('204');
    expect((await as('carol', '/system/buckets/svc-out')).status).toBe(200);
    expect(await update('alice', 'svc', { input: io('svc-in/in') })).toBe('204');
    for (const bucket of ['svc-in', 'svc-out', 'svc-mount']) {
      expect((await as('bob', `/system/buckets/${bucket}`)).status).toBe(403);
      expect(await shown('alice', bucket)).toMatchObject({ visibility: 'private' });
    }
    expect(await drop('alice', 'svc')).toBe('204');
    expect((await list('admin')).map(({ bucket_name }) => bucket_name)).not.toContain('svc-in');
  });

  it("the administrator's are nobody else's, until the visibility of the service is changed", async () => {
    const folders = { owner: 'cluster_admin', input: io('root-in/in') };
    expect(await declare('admin', 'root', { ...folders, visibility: 'public' })).toBe('201');
    expect(await shown('admin', 'root-in')).toMatchObject({ visibility: '' });
    expect((await as('bob', '/system/buckets/root-in')).status).toBe(403);
    await update('admin', 'root', folders);
    await update('admin', 'root', { ...folders, visibility: 'public' });
    expect(await shown('admin', 'root-in')).toMatchObject({ visibility: 'public' });
    expect((await as('bob', '/system/buckets/root-in')).status).toBe(200);
    await update('admin', 'root', folders);
    expect((await as('bob', '/system/buckets/root-in')).status).toBe(403);
    expect(await drop('admin', 'root')).toBe('204');
  });

  it.each([
    ['a private bucket of another user', 'guarded', {}],
    ['a bucket of the administrator', 'roots', {}],
  ])('%s cannot be a folder of a service', async (_, bucket, more) => {
    await make(bucket === 'roots' ? 'admin' : 'alice', bucket, more);
    for (const folders of [{ input: io(`${bucket}/in`) }, { output: io('fresh-one/y').concat(io(`${bucket}/out`)) }]) {
      expect(await declare('bob', 'thief', folders)).toBe(`500 the bucket "${bucket}" already exists`);
    }
    expect(await declare('bob', 'thief', { mount: io(bucket)[0] })).toBe(`500 the bucket "${bucket}" already exists`);
    expect(api.store.services.get('thief')).toBeUndefined();
    expect((await list('admin')).map(({ bucket_name }) => bucket_name)).not.toContain('fresh-one');
  });

  it('a bucket that a user may use can be a folder, but a mount only if it is private and theirs', async () => {
    await make('alice', 'meeting', { visibility: 'public' });
    expect(await declare('bob', 'guest', { input: io('meeting/in') })).toBe('201');
    expect(await update('bob', 'guest', { mount: io('meeting/data')[0] })).toBe(
      '500 the bucket "meeting" must be private to be used as mount',
    );
    expect(await drop('bob', 'guest')).toBe('204');
    expect((await as('alice', '/system/buckets/meeting')).status).toBe(200);
    await make('bob', 'desk');
    expect(await declare('bob', 'guest', { mount: io('desk/data')[0] })).toBe('201');
    expect(await drop('bob', 'guest')).toBe('204');
  });

  it('a bucket that somebody made in the place of one that is gone stays theirs', async () => {
    expect(await declare('alice', 'swapped', { input: io('swapped/in') })).toBe('201');
    expect(await said(await as('alice', '/system/buckets/swapped', { method: 'DELETE' }))).toBe('204');
    await make('bob', 'swapped');
    expect(await update('alice', 'swapped', { input: io('swapped/in') })).toBe(
      '500 the bucket "swapped" already exists',
    );
    expect(await drop('alice', 'swapped')).toBe('204');
    expect((await as('bob', '/system/buckets/swapped')).status).toBe(200);
  });

  it('a name that another service had gives no right to what is left of that', async () => {
    expect(await declare('alice', 'former', { input: io('left-over/in'), mount: io('left-over')[0] })).toBe('201');
    expect(await drop('alice', 'former')).toBe('204');
    expect(await declare('bob', 'former', { input: io('left-over/in') })).toBe(
      '500 the bucket "left-over" already exists',
    );
    expect(await declare('alice', 'former', { input: io('left-over/in') })).toBe('201');
    expect(await drop('alice', 'former')).toBe('204');
  });
});
