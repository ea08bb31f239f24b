import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeclare, type Declare } from '../../src/declare/declare.ts';
import { silent } from '../../src/log.ts';
import { SandboxError } from '../../src/model/errors.ts';
import { administrator } from '../../src/model/person.ts';
import type { Definition } from '../../src/model/service.ts';
import type { VolumeKeeper } from '../../src/model/volume.ts';
import { createEmbedded, type Embedded } from '../../src/objects/embedded/embedded.ts';
import { createProvision, type Provision } from '../../src/objects/provision.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import type { Services } from '../../src/store/services.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { written } from '../fakes/definitions.ts';

let folder: string;
let db: Database;
let store: Store;
let buckets: Embedded;
/** The services whose invocations were forgotten. */
let forgotten: string[];
/** The service and its volume, those that were let go. */
let released: string[];
/** What could not be recovered. */
let failed: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cut-'));
  db = openDatabase(':memory:');
  store = createStore(db, createLogs(folder, { now: () => 0, maxBytes: 1, onFailure: () => undefined }), folder);
  const keys = { accessKey: 'a', secretKey: 's' };
  const parts = { db, events: store.events, folder: join(folder, 'objects'), keys, region: '', now: () => 1 };
  buckets = await createEmbedded({ ...parts, log: silent });
  forgotten = [];
  released = [];
  failed = [];
});
afterEach(async () => {
  await buckets.close();
  await db.close();
  await rm(folder, { recursive: true });
});

interface Cuts {
  services?: Partial<Services>;
  provision?: Partial<Provision>;
  forget?: (name: string) => Promise<void>;
  release?: VolumeKeeper['release'];
}

/** The door, as the next daemon would open it; what is given takes the place of a part, to end the daemon there. */
function open({ services, provision, forget, release }: Cuts = {}): Declare {
  return createDeclare({
    store: { ...store, services: { ...store.services, ...services } },
    provision: { ...createProvision(buckets, store.bucketRules), ...provision },
    minio: () => ({ endpoint: '', verify: false, access_key: '', secret_key: '', region: '' }),
    forget: forget ?? (async (name) => void forgotten.push(name)),
    keeper: {
      make: async () => undefined,
      held: async () => [],
      release: release ?? (async (volume, service) => void released.push(`${service} ${volume.name}`)),
    },
    nudge: () => undefined,
    onDeclared: () => undefined,
    onRemoved: () => undefined,
    onFailed: (name, error) => void failed.push(`${name}: ${error.message}`),
    now: () => 1,
  });
}

const killed = () => Promise.reject(new Error('killed'));
const bucketsOf = ({ input }: Definition) => input.map(({ path }) => path.split('/')[0] ?? '');
const api = { kind: 'api' } as const;
const reading = (path: string) => written({ input: [{ storage_provider: 'minio.default', path }] });
const listeners = (bucket: string) =>
  store.events.subscriptions(bucket).map(({ service, prefix }) => [service, prefix]);
const names = async () => (await buckets.list()).map(({ name }) => name);
const all = { buckets: true };

describe('a removal that was cut short', () => {
  it.each<[string, Cuts]>([
    ['before the service was gone', { services: { remove: killed } }],
    ['while its jobs were ended', { forget: killed }],
    ['while its buckets were removed', { provision: { release: killed } }],
  ])('%s is finished by the next daemon', async (_when, cuts) => {
    await open().create(reading('mine/in'), api);
    await expect(open(cuts).remove('demo', all)).rejects.toThrow('killed');
    forgotten = [];
    await open().recover();
    expect(store.services.list()).toEqual([]);
    expect(forgotten).toEqual(['demo']);
    expect(listeners('mine')).toEqual([]);
    expect(await names()).toEqual([]);
    await open().recover();
    expect(forgotten).toEqual(['demo']);
  });

  it('is finished before the name is declared again, and does not touch the new one', async () => {
    await open().create(reading('mine/in'), api);
    let daemon = open({ forget: killed });
    await expect(daemon.remove('demo', all)).rejects.toThrow('killed');
    daemon = open();
    await daemon.create(reading('mine/in'), api);
    expect(forgotten).toEqual(['demo']);
    await open().recover();
    expect(store.services.get('demo')?.buckets).toEqual(['mine']);
    expect(listeners('mine')).toEqual([['demo', 'in/']]);
    expect(forgotten).toEqual(['demo']);
  });

  it('is void when the service is still there and is declared again', async () => {
    await open().create(reading('mine/in'), api);
    await expect(open({ services: { remove: killed } }).remove('demo', all)).rejects.toThrow('killed');
    await open().update(reading('mine/in'), api);
    await open().recover();
    expect(store.services.get('demo')?.version).toBe(2);
    expect(forgotten).toEqual([]);
  });

  it('leaves the buckets that another service uses by now', async () => {
    await open().create(reading('mine/in'), api);
    await expect(open({ forget: killed }).remove('demo', all)).rejects.toThrow('killed');
    await open().create({ ...reading('mine/in'), name: 'other' }, api);
    await open().recover();
    expect(await names()).toEqual(['mine']);
    expect(listeners('mine')).toEqual([['other', 'in/']]);
  });
});

describe('the volume of a service that is removed', () => {
  const using = (volume: { name?: string; size?: string; lifecycle_policy?: string }, name = 'demo') =>
    written({ name, volume: { mount_path: '/data', ...volume } });

  it.each([
    ['goes with the service that made it', { size: '1Gi' }, all, ['demo demo']],
    ['goes under the name it was given', { size: '1Gi', name: 'data', lifecycle_policy: 'delete' }, all, ['demo data']],
    ['stays when it is to be retained', { size: '1Gi', lifecycle_policy: 'retain' }, all, []],
    ['stays when it was there before', { name: 'data' }, all, []],
    ['stays when a file of the folder was deleted', { size: '1Gi' }, { buckets: false }, []],
  ])('%s', async (_title, volume, options, expected) => {
    if (!('size' in volume)) await open().volumes.create(administrator, { name: 'data', size: '1Gi' });
    await open().create(using(volume), api);
    await open().remove('demo', options);
    expect(released).toEqual(expected);
  });

  it('stays when another service uses it', async () => {
    await open().create(using({ size: '1Gi', name: 'data' }), api);
    await open().create(using({ name: 'data' }, 'other'), api);
    await open().remove('demo', all);
    expect(released).toEqual([]);
  });

  it('goes, or stays, as the last declaration wants it', async () => {
    await open().create(using({ size: '1Gi', lifecycle_policy: 'delete' }), api);
    await open().remove('demo', { buckets: false });
    await open().create(using({ size: '1Gi', lifecycle_policy: 'retain' }), { kind: 'file', path: '/f' });
    await open().remove('demo', all);
    expect(released).toEqual([]);
  });

  it('goes after the invocations, and with the next daemon when it could not', async () => {
    await open().create(using({ size: '1Gi' }), api);
    const inUse = async () => {
      expect(forgotten).toEqual(['demo']);
      return killed();
    };
    await expect(open({ release: inUse }).remove('demo', all)).rejects.toThrow('killed');
    await open().recover();
    expect(released).toEqual(['demo demo']);
  });
});

it('a service that is being removed is not there to be called', async () => {
  await open().create(reading('mine/in'), api);
  const known: unknown[] = [];
  await open({ forget: async () => void known.push(store.services.get('demo')) }).remove('demo', all);
  expect(known).toEqual([undefined]);
});

describe('a declaration that was cut short', () => {
  it('leaves the version before listening to its own inputs', async () => {
    await open().create(reading('old/in'), api);
    await expect(open({ services: { save: killed } }).update(reading('new/in'), api)).rejects.toThrow('killed');
    expect([listeners('old'), listeners('new')]).toEqual([[['demo', 'in/']], []]);
  });

  it('made buckets that are the service’s own once it is declared', async () => {
    await expect(open({ services: { save: killed } }).create(reading('mine/in'), api)).rejects.toThrow('killed');
    await open().create(reading('mine/in'), api);
    await open().remove('demo', all);
    expect(await names()).toEqual([]);
  });

  it('listens after the next start, if it was kept', async () => {
    await open().create(reading('old/in'), api);
    await expect(open({ provision: { listen: killed } }).update(reading('new/in'), api)).rejects.toThrow('killed');
    await open().recover();
    expect([listeners('old'), listeners('new')]).toEqual([[], [['demo', 'in/']]]);
  });
});

describe('a start', () => {
  /** As MinIO does, which is told of its listeners at the bucket. */
  const demanding = async (definition: Definition) => {
    for (const bucket of bucketsOf(definition)) {
      if (!(await names()).includes(bucket)) throw new SandboxError('not-found', `There is no bucket ${bucket}.`);
    }
    await createProvision(buckets, store.bucketRules).listen(definition);
  };

  it('makes the buckets that are gone, and lets their service listen', async () => {
    await open().create(reading('gone/in'), api);
    await open().create({ ...reading('gone/other'), name: 'second' }, api);
    await buckets.remove('gone');
    await open({ provision: { listen: demanding } }).recover();
    expect(listeners('gone')).toEqual([
      ['demo', 'in/'],
      ['second', 'other/'],
    ]);
    expect(failed).toEqual([]);
    await open().remove('second', all);
    await open().remove('demo', all);
    expect(await names()).toEqual([]);
  });

  it('makes the bucket of a service that only writes', async () => {
    await open().create(written({ output: [{ storage_provider: 'minio.default', path: 'results/out' }] }), api);
    await buckets.remove('results');
    await open().recover();
    expect(await names()).toEqual(['results']);
  });

  it('tells of a service that cannot listen, and lets the others', async () => {
    await open().create(reading('one/in'), api);
    await open().create({ ...reading('two/in'), name: 'second' }, api);
    const heard: string[] = [];
    const listen = async ({ name }: Definition) => {
      if (name === 'demo') throw new SandboxError('unavailable', 'It is full.');
      heard.push(name);
    };
    await open({ provision: { listen } }).recover();
    expect([heard, failed]).toEqual([['second'], ['demo: It is full.']]);
  });

  it('tells of a removal that cannot be ended yet', async () => {
    await open().create(reading('mine/in'), api);
    await expect(open({ forget: killed }).remove('demo', all)).rejects.toThrow('killed');
    await open({ forget: killed }).recover();
    expect(failed).toEqual([expect.stringContaining('demo: ')]);
    await open().recover();
    expect(await names()).toEqual([]);
  });
});

it('a bucket that was made for nobody, or for another service, stays when a service goes', async () => {
  await buckets.create('plain', {});
  await open().create({ ...reading('theirs/in'), name: 'other' }, api);
  await open().remove('other', { buckets: false });
  const { input = [] } = reading('plain/in');
  await open().create({ ...reading('theirs/in'), input: [...input, ...(reading('theirs/in').input ?? [])] }, api);
  expect(store.services.get('demo')?.buckets).toEqual([]);
  await open().remove('demo', all);
  expect(await names()).toEqual(['plain', 'theirs']);
});
