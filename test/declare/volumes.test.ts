import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVolumes, type Volumes } from '../../src/declare/volumes.ts';
import { SandboxError } from '../../src/model/errors.ts';
import { administrator } from '../../src/model/person.ts';
import { type VolumeKeeper, volumeKey } from '../../src/model/volume.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { declared } from '../fakes/definitions.ts';

let db: Database;
let store: Store;
/** The places that there are, by key, each with its maker. */
let places: Map<string, string>;
/** Why nothing can be done about them. */
let away: SandboxError | undefined;
let volumes: Volumes;
/** Do all of them still wait for a disk? */
let waiting: boolean;

const keeper: VolumeKeeper = {
  make: async (volume) => {
    if (away) throw away;
    places.set(volumeKey(volume), volume.maker);
  },
  release: async (volume) => {
    if (away) throw away;
    places.delete(volumeKey(volume));
  },
  held: async () => {
    if (away) throw away;
    return [...places].map(([key, maker]) => ({ key, maker, ...(waiting ? { waits: true } : {}) }));
  },
};

beforeEach(() => {
  db = openDatabase(':memory:');
  store = createStore(db, createLogs('/nonexistent', { now: () => 0, maxBytes: 1, onFailure: () => undefined }), '/x');
  places = new Map();
  away = undefined;
  waiting = false;
  volumes = createVolumes({ store, keeper });
});
afterEach(() => db.close());

const ref = (name: string) => ({ namespace: 'oscar-svc', name });
const wanted = { name: 'data', size: '1Gi' };
const engineAway = new SandboxError('unavailable', 'No engine answers.');
const phases = async () => (await volumes.list('oscar-svc')).map(({ name, phase, message }) => [name, phase, message]);
const attach = (
  name: string,
  volume: object,
  source: { kind: 'api' } | { kind: 'file'; path: string } = { kind: 'api' },
) => {
  const service = declared({ name, volume: { mount_path: '/data', ...volume } }, { source });
  return volumes.attaching(service, () => store.services.save(service));
};
const file = { kind: 'file', path: '/f' } as const;

describe('a volume that a person makes', () => {
  it('is pending, and ready once it has a place', async () => {
    expect(await volumes.create(administrator, wanted)).toMatchObject({ phase: 'pending' });
    await expect.poll(phases).toEqual([['data', 'ready', undefined]]);
    expect([...places]).toEqual([['data', '']]);
  });

  it('is pending as long as its place waits for a disk', async () => {
    waiting = true;
    await volumes.create(administrator, wanted);
    await expect.poll(() => [...places]).toEqual([['data', '']]);
    expect(await phases()).toEqual([['data', 'pending', undefined]]);
  });

  it('says why it has no place, and is made all the same', async () => {
    away = engineAway;
    await volumes.create(administrator, wanted);
    await expect.poll(phases).toEqual([['data', 'pending', 'No engine answers.']]);
    away = undefined;
    expect(await phases()).toEqual([['data', 'pending', 'No engine answers.']]);
  });

  it('never gets its place after it was deleted', async () => {
    await volumes.create(administrator, wanted);
    await volumes.remove(ref('data'));
    expect([await phases(), [...places]]).toEqual([[], []]);
  });

  it('is still there when it could not be deleted', async () => {
    await volumes.create(administrator, wanted);
    await expect.poll(phases).toEqual([['data', 'ready', undefined]]);
    away = engineAway;
    await expect(volumes.remove(ref('data'))).rejects.toThrow('No engine answers.');
    away = undefined;
    expect(await phases()).toEqual([['data', 'ready', undefined]]);
    await volumes.remove(ref('data'));
    expect([await phases(), [...places]]).toEqual([[], []]);
  });

  it('is being deleted until its place is gone', async () => {
    await volumes.create(administrator, wanted);
    const seen: unknown[] = [];
    const slow = createVolumes({
      store,
      keeper: { ...keeper, release: async () => void seen.push(...(await phases())) },
    });
    await slow.remove(ref('data'));
    expect(seen).toEqual([['data', 'deleting', undefined]]);
  });
});

describe('a volume whose service is gone', () => {
  it('is found by the file that comes back, and by nobody else', async () => {
    await attach('demo', { size: '1Gi' }, file);
    await store.services.remove('demo');
    await expect(attach('demo', { size: '1Gi' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(attach('other', { name: 'demo', size: '1Gi' }, file)).rejects.toMatchObject({ code: 'conflict' });
    await attach('demo', { size: '2Gi', lifecycle_policy: 'retain' }, file);
    expect(store.volumes.all()).toMatchObject([{ name: 'demo', size: '2Gi', policy: 'retain' }]);
  });

  it('is what it was when the file cannot be declared', async () => {
    await attach('demo', { size: '1Gi' }, file);
    await store.services.remove('demo');
    const service = declared({ name: 'demo', volume: { size: '2Gi', mount_path: '/data' } }, { source: file });
    const failed = volumes.attaching(service, () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(store.volumes.all()).toMatchObject([{ name: 'demo', size: '1Gi' }]);
  });
});

it('a file may name a volume before the file that makes it is read', async () => {
  await attach('early', { name: 'late' }, file);
  await expect(attach('early', { name: 'late' })).rejects.toMatchObject({
    code: 'invalid',
    message: 'Referenced volume does not exist in the caller namespace',
  });
  await attach('late', { size: '1Gi' }, file);
  expect(await volumes.get(ref('late'))).toMatchObject({
    phase: 'in_use',
    attachments: [{ service: 'early' }, { service: 'late' }],
  });
});

describe('the next start', () => {
  it('ends the deletion that was cut short', async () => {
    await volumes.create(administrator, wanted);
    await expect.poll(phases).toEqual([['data', 'ready', undefined]]);
    await store.volumes.mark(ref('data'), true);
    await createVolumes({ store, keeper }).recover();
    expect([store.volumes.all(), [...places]]).toEqual([[], []]);
  });

  it('keeps for another try what cannot be deleted', async () => {
    await store.volumes.add({ ...ref('data'), size: '1Gi', owner: '', maker: '', policy: '', leaving: true });
    away = engineAway;
    await createVolumes({ store, keeper }).recover();
    expect(await phases()).toEqual([['data', 'pending', 'No engine answers.']]);
  });

  it('lists what is kept and was never listed, of whoever it is', async () => {
    places = new Map([
      ['old', 'gone'],
      ['oscar-svc-bob.theirs', 'gone'],
    ]);
    await volumes.recover();
    expect(store.volumes.all()).toMatchObject([
      { ...ref('old'), maker: 'gone', policy: 'retain', size: '' },
      { namespace: 'oscar-svc-bob', name: 'theirs' },
    ]);
    expect(await phases()).toEqual([['old', 'ready', undefined]]);
  });
});

it('without a place for data there is the list alone', async () => {
  const none = createVolumes({ store, keeper: undefined });
  await none.create(administrator, wanted);
  expect(await none.get(ref('data'))).toMatchObject({ phase: 'pending', size: '1Gi' });
  await none.recover();
  await none.remove(ref('data'));
  expect(await none.list('oscar-svc')).toEqual([]);
});
