import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DefinitionInput } from '../../src/declare/schema.ts';
import type { Service } from '../../src/model/service.ts';
import type { ObjectRef } from '../../src/objects/buckets.ts';
import { guarded } from '../../src/objects/guarded.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { createFakeBuckets, type FakeBuckets } from '../fakes/buckets.ts';
import { declared } from '../fakes/definitions.ts';

let folder: string;
let db: Database;
let store: Store;
let buckets: FakeBuckets;
const bytes = { bytes: Buffer.from('x') };
const io = (path: string) => [{ storage_provider: 'minio.default', path }];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guarded-'));
  db = openDatabase(':memory:');
  store = createStore(db, createLogs(folder, { now: () => 0, maxBytes: 1, onFailure: () => undefined }), folder);
  buckets = createFakeBuckets();
  for (const [name, owner] of Object.entries({ hers: 'alice', his: 'bob', open: 'alice', roots: 'oscar' })) {
    await buckets.create(name, { owner, ...(name === 'his' ? { from_service: 'apart' } : {}) });
    await buckets.put(name, 'a', bytes, {});
  }
  await store.bucketRules.set('open', { owner: 'alice', visibility: 'public', allowedUsers: [] });
  await service('of-bob', 'bob', { input: io('his/in') });
  await service('of-alice', 'alice', { input: io('hers/in') });
  await service('of-admin', 'cluster_admin', { input: io('his/in') });
});
afterEach(async () => {
  await db.close();
  await rm(folder, { recursive: true });
});

const service = async (name: string, owner: string, input: Partial<DefinitionInput>, known: Partial<Service> = {}) => {
  const one = declared({ name, ...input });
  await store.services.save({ ...one, ...known, definition: { ...one.definition, owner } });
};
let copies = 0;
const read = (ref: ObjectRef) =>
  guarded(buckets, store)
    .fetch(ref, join(folder, `copy-${copies++}`))
    .then(
      () => 'read',
      (error: { code: string }) => error.code,
    );
const about = (bucket: string, reader: string, more: Partial<ObjectRef> = {}): ObjectRef => ({
  bucket,
  key: 'a',
  reader,
  ...more,
});

describe('the store as runs of services see it', () => {
  const rows: [string, ObjectRef, string][] = [
    ['what its owner may use, started by an upload', about('his', 'of-bob', { eventId: '1' }), 'read'],
    ['what its owner may not use, started by an upload', about('hers', 'of-bob', { eventId: '1' }), 'forbidden'],
    ['what is public', about('open', 'of-bob'), 'read'],
    ['its own input, for a caller with its token', about('his', 'of-bob'), 'read'],
    [
      'a bucket of its owner that it does not name, for its owner',
      about('open', 'of-alice', { caller: 'alice' }),
      'read',
    ],
    [
      'a bucket of its owner that it does not name, for another',
      about('hers', 'of-alice2', { caller: 'bob' }),
      'forbidden',
    ],
    ['the same for whoever has its token', about('hers', 'of-alice2'), 'forbidden'],
    ['the same for its owner', about('hers', 'of-alice2', { caller: 'alice' }), 'read'],
    ["a user's bucket that the administrator's service names", about('his', 'of-admin', { caller: 'bob' }), 'read'],
    ['the same for a user who may not read that', about('his', 'of-admin', { caller: 'alice' }), 'forbidden'],
    ["another user's bucket that was made for it", about('his', 'apart', { caller: 'bob' }), 'read'],
    ['the same after an upload', about('his', 'apart', { eventId: '1' }), 'read'],
    ['the same for a third user', about('his', 'apart', { caller: 'carol' }), 'forbidden'],
    ['the same for its owner', about('his', 'apart', { caller: 'alice' }), 'forbidden'],
    ['the same for whoever has its token', about('his', 'apart'), 'forbidden'],
    ["another of a user, with the administrator's service", about('hers', 'of-admin', { caller: 'bob' }), 'forbidden'],
    ["its caller's own, with the administrator's service", about('hers', 'of-admin', { caller: 'alice' }), 'read'],
    ["the administrator's own, for a user", about('roots', 'of-admin', { caller: 'bob' }), 'forbidden'],
    ["the administrator's own, for the administrator", about('roots', 'of-admin', { caller: 'cluster_admin' }), 'read'],
    ['anything, for a service that is gone', about('open', 'gone'), 'forbidden'],
    ['a bucket that is not there', about('none', 'of-bob'), 'not-found'],
  ];
  it.each(rows)('a service reads %s', async (_, ref, outcome) => {
    await store.accounts.ensure('alice');
    await service('of-alice2', 'alice', { input: io('elsewhere/in') });
    await service('apart', 'alice', { input: io('hers/in') }, { buckets: ['hers', 'his'] });
    expect(await read(ref)).toBe(outcome);
  });

  it('where there is the administrator alone, everything goes', async () => {
    expect(await read(about('hers', 'of-bob'))).toBe('read');
    expect(await read(about('roots', 'gone'))).toBe('read');
  });

  it('a service writes and deletes where its owner may, and in the buckets that were made for it', async () => {
    await store.accounts.ensure('alice');
    const own = guarded(buckets, store);
    const writer = 'of-bob';
    await own.put('his', 'b', bytes, { writer });
    await own.delete('his', 'b', { writer });
    await expect(own.put('hers', 'b', bytes, { writer })).rejects.toMatchObject({
      code: 'forbidden',
      message: 'of-bob may not use the bucket hers.',
    });
    await expect(own.delete('hers', 'a', { writer })).rejects.toMatchObject({ code: 'forbidden' });
    await service(writer, 'bob', { input: io('his/in') }, { buckets: ['hers'] });
    await expect(own.put('hers', 'b', bytes, { writer })).rejects.toMatchObject({ code: 'forbidden' });
    await buckets.tag('hers', { owner: 'alice', from_service: writer });
    await own.put('hers', 'b', bytes, { writer });
    // Who is to blame has to be told.
    await expect(own.put('his', 'b', bytes, {})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(own.fetch({ bucket: 'his', key: 'a' }, join(folder, 'x'))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
