import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, declaring, io, people, said } from './persons.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;
const { declare, update, drop } = declaring((...asked) => as(...asked));

beforeAll(async () => {
  api = await startApi(() => [], people());
  as = askAs(api);
});
afterAll(() => api.close());

const make = async (who: string, bucket_name: string, more: object = {}) =>
  expect(await said(await as(who, '/system/buckets', { method: 'POST', json: { bucket_name, ...more } }))).toBe('201');
const shown = async (who: string, bucket: string) =>
  (await as(who, `/system/buckets/${bucket}`)).json() as Promise<object>;
const names = async () =>
  ((await (await as('admin', '/system/buckets')).json()) as { bucket_name: string }[]).map((one) => one.bucket_name);

describe('a service with a bucket for each of its users', () => {
  const apart = (users: string[], more: object = {}) => ({
    isolation_level: 'user',
    visibility: 'restricted',
    allowed_users: users,
    input: io('iso-in/in'),
    output: io('iso-in/out'),
    ...more,
  });
  const definition = async () =>
    (await (await as('alice', '/system/services/iso')).json()) as {
      allowed_users: string[];
      bucket_list: string[];
      isolation_level: string;
      labels: Record<string, string>;
    };
  const started = async (bucket: string, key: string) => {
    await api.buckets.put(bucket, key, { bytes: Buffer.from('x') }, {});
    return api.store.invocations.recent({ service: 'iso', limit: 100 }).length;
  };

  it('makes them, lets each user into theirs alone, and is started by them', async () => {
    expect(await declare('alice', 'iso', apart(['bob', 'carol-the-10th']))).toBe('201');
    expect(await definition()).toMatchObject({
      isolation_level: 'USER',
      allowed_users: ['bob', 'carol-the-10th', 'alice'],
      bucket_list: ['iso-in-bob', 'iso-in-carol-the'],
      labels: { uid: 'alice' },
    });
    expect(await shown('bob', 'iso-in-bob')).toMatchObject({
      visibility: 'private',
      owner: 'bob',
      metadata: { from_service: 'iso', owner: 'bob' },
      objects: [{ object_name: 'in/' }],
    });
    for (const who of ['alice', 'carol']) {
      expect((await as(who, '/system/buckets/iso-in-bob')).status).toBe(403);
    }
    expect(await started('iso-in-bob', 'elsewhere/a')).toBe(0);
    expect(await started('iso-in-bob', 'in/a')).toBe(1);
    expect(await started('iso-in-carol-the', 'in/a')).toBe(2);
    expect(await started('iso-in', 'in/a')).toBe(3);
  });

  it('an update with what was read changes nothing, and removes the bucket of a user who is left out', async () => {
    const read = await definition();
    expect(await update('alice', 'iso', apart(read.allowed_users, { bucket_list: read.bucket_list }))).toBe('204');
    expect(await definition()).toMatchObject({
      allowed_users: read.allowed_users,
      bucket_list: read.bucket_list,
    });
    expect(await update('alice', 'iso', apart(['carol', 'alice'], { bucket_list: read.bucket_list }))).toBe('204');
    expect((await definition()).bucket_list).toEqual(['iso-in-carol']);
    const left = await names();
    expect(left).toContain('iso-in-carol');
    expect(left).not.toContain('iso-in-bob');
    expect(await drop('alice', 'iso')).toBe('204');
    expect(await names()).not.toContain('iso-in-carol');
  });

  it('two users never meet in one bucket, nor in one that was there before', async () => {
    expect(await declare('alice', 'iso', apart(['long-name-of-one', 'long-name-of-two']))).toMatch(
      /^400 Two of the users .* would share the bucket iso-in-long-name\.$/,
    );
    await make('bob', 'iso-in-carol', { visibility: 'public' });
    expect(await declare('alice', 'iso', apart(['carol']))).toBe('500 the bucket "iso-in-carol" already exists');
    expect(api.store.services.get('iso')).toBeUndefined();
  });

  it('of the administrator it has no such buckets', async () => {
    expect(await declare('admin', 'iso', { ...apart(['bob']), input: io('iso-root/in'), output: [] })).toBe('201');
    expect(api.store.services.get('iso')?.definition).toMatchObject({
      bucket_list: [],
      allowed_users: ['bob'],
      isolation_level: 'user',
    });
  });
});
