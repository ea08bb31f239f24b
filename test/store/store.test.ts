import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectEvent } from '../../src/model/event.ts';
import type { Invocation } from '../../src/model/invocation.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs, type Logs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { declared } from '../fakes/definitions.ts';

let folder: string;
let db: Database;
let logs: Logs;
let store: Store;
const failures: unknown[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  db = openDatabase(':memory:');
  logs = createLogs(folder, {
    now: () => Date.UTC(2026, 0, 1),
    maxBytes: 200,
    onFailure: (error) => failures.push(error),
  });
  store = createStore(db, logs, folder);
});
afterEach(async () => {
  await db.close();
  await rm(folder, { recursive: true });
  expect(failures).toEqual([]);
});

const collect = async (lines: AsyncIterable<string>) => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

const event: ObjectEvent = {
  id: 'e1',
  name: 's3:ObjectCreated:Put',
  bucket: 'demo',
  key: 'in/a',
  size: 1,
  etag: 'x',
  contentType: 'text/plain',
  sequencer: '1',
  time: 5,
  sourceIp: '',
  principal: 'minio',
  userAgent: '',
};

const invocation = (id: string, known: Partial<Invocation> = {}): Invocation => ({
  id,
  service: 'demo',
  serviceVersion: 1,
  pinned: false,
  kind: 'job',
  state: 'Pending',
  attempt: 0,
  createdAt: 1,
  ...known,
});

describe('services', () => {
  it('count their versions on, also after a deletion', async () => {
    await store.services.save(declared());
    const second = await store.services.save(declared({ script: 'echo 2' }));
    await store.services.remove('demo');
    const third = await store.services.save(declared({ script: 'echo 3' }));
    expect([second.version, third.version]).toEqual([2, 3]);
    expect(store.services.version('demo', 2)?.definition.script).toBe('echo 2');
  });

  it('show a change at once, though they are remembered parsed', async () => {
    await store.services.save(declared());
    expect(store.services.get('demo')?.buckets).toEqual([]);
    await store.services.note('demo', { buckets: ['demo'] });
    expect(store.services.get('demo')?.buckets).toEqual(['demo']);
  });

  it('are stopped until they are declared anew, and remember when they were to begin anew until they are gone', async () => {
    const { services } = store;
    const known = () => {
      const { stopped, restartedAt, version } = services.get('demo') ?? {};
      return { stopped, restartedAt, version };
    };
    await services.save(declared());
    expect(known()).toEqual({ version: 1 });
    await services.note('demo', { stopped: true });
    await services.note('demo', { restartedAt: 5 });
    expect(known()).toEqual({ stopped: true, restartedAt: 5, version: 1 });
    await services.save(declared());
    expect(known()).toEqual({ restartedAt: 5, version: 2 });
    await services.remove('demo');
    await services.save(declared());
    expect(known()).toEqual({ version: 3 });
  });

  it('lose the versions that nothing needs, never the newest', async () => {
    for (const script of ['echo 1', 'echo 2', 'echo 3']) await store.services.save(declared({ script }));
    await store.invocations.add(invocation('demo-1', { serviceVersion: 1 }));
    await store.services.pruneVersions();
    expect([1, 2, 3].map((version) => store.services.version('demo', version) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('events', () => {
  it('make one pending job for each service that listens, in the same transaction', async () => {
    await store.services.save(declared());
    await db.write(() =>
      store.events.subscribeService('demo', [
        { bucket: 'demo', service: 'demo', events: ['s3:ObjectCreated:*'], prefix: 'in/', suffix: '' },
      ]),
    );
    const jobs = await db.write(() => store.events.record(event));
    expect(store.invocations.pending({ limit: 9, except: [] }).map(({ id, eventId }) => [id, eventId])).toEqual([
      [jobs[0], 'e1'],
    ]);
    expect(store.events.get('e1')).toEqual(event);
    expect(store.requests.list()).toMatchObject([{ status: 201, method: 'POST', path: '/job/demo', user: 'minio' }]);
  });

  it('are forgotten with the last of their jobs, and let go of their object version before that', async () => {
    await store.services.save(declared());
    await db.write(() =>
      store.events.subscribeService('demo', [
        { bucket: 'demo', service: 'demo', events: ['s3:*'], prefix: '', suffix: '' },
      ]),
    );
    const [job = ''] = await db.write(() => store.events.record(event, '[]'));
    expect([store.events.settled(9), await store.events.prune()]).toEqual([[], 0]);
    await store.invocations.move(job, 'fail', { at: 9 });
    expect(store.events.settled(9)).toEqual(['e1']);
    await store.invocations.remove([job]);
    expect(await store.events.prune()).toBe(1);
  });

  it('that nobody listens to are not kept', async () => {
    expect(await db.write(() => store.events.record(event))).toEqual([]);
    expect(store.events.get('e1')).toBeUndefined();
  });
});

describe('invocations', () => {
  it('wait in the order they came, but for those of services that are busy', async () => {
    for (const [id, service, createdAt] of [
      ['a', 'demo', 2],
      ['b', 'busy', 1],
      ['c', 'demo', 1],
    ] as const) {
      await store.invocations.add(invocation(id, { service, createdAt }));
    }
    expect(store.invocations.pending({ limit: 9, except: ['busy'] }).map(({ id }) => id)).toEqual(['c', 'a']);
  });

  it('keep attempt, exit code and reason as they move', async () => {
    await store.invocations.add(invocation('a'), { bytes: Buffer.from('body') });
    expect(await store.invocations.move('a', 'start', { at: 2, serviceVersion: 7 })).toMatchObject({
      attempt: 1,
      serviceVersion: 7,
    });
    await store.invocations.move('a', 'fail', { at: 3, exitCode: 4, reason: 'The script ended with exit code 4.' });
    expect(store.invocations.get('a')).toMatchObject({ state: 'Failed', exitCode: 4, finishedAt: 3, startedAt: 2 });
    expect(store.invocations.payload('a')).toEqual({ bytes: Buffer.from('body') });
    await expect(store.invocations.move('a', 'start', { at: 4 })).rejects.toThrow('cannot start');
  });

  it('are counted by state, jobs alone', async () => {
    await store.invocations.add(invocation('a'));
    await store.invocations.record(invocation('b', { kind: 'run', state: 'Succeeded' }));
    await store.invocations.add(invocation('c', { service: 'other', state: 'Failed' }));
    expect(store.invocations.counts()).toEqual({ Pending: 1, Running: 0, Succeeded: 0, Failed: 1 });
    expect(store.invocations.counts('other').Failed).toBe(1);
  });

  it('are paged in name order', async () => {
    for (const id of ['c', 'a', 'b']) await store.invocations.add(invocation(id));
    expect(store.invocations.page('demo', { limit: 2 }).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(store.invocations.page('demo', { after: 'b', limit: 2 }).map(({ id }) => id)).toEqual(['c']);
  });
});

describe('logs', () => {
  it('are read back line by line, with and without the time of each', async () => {
    const log = logs.open('demo', 'demo-1');
    log.line('one');
    log.line('50%\r100%');
    await log.close();
    expect(await collect(logs.read('demo', 'demo-1', { timestamps: false }))).toEqual(['one', '50%\r100%']);
    expect(await collect(logs.read('demo', 'demo-1', { timestamps: true }))).toEqual([
      '2026-01-01T00:00:00.000000000Z one',
      '2026-01-01T00:00:00.000000000Z 50%\r100%',
    ]);
  });

  it('can be followed until they are closed', async () => {
    const log = logs.open('demo', 'demo-1');
    const following = collect(logs.read('demo', 'demo-1', { timestamps: false, follow: new AbortController().signal }));
    log.line('one');
    await new Promise((resolve) => setImmediate(resolve));
    log.line('two');
    await log.close();
    expect(await following).toEqual(['one', 'two']);
  });

  it('are read in whole lines while they are written, however often one looks', async () => {
    const log = logs.open('demo', 'demo-1');
    const signal = new AbortController().signal;
    const following = collect(logs.read('demo', 'demo-1', { timestamps: false, follow: signal }));
    const file = join(folder, 'demo', 'demo-1.log');
    log.line('one');
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toContain('one\n');
    // As an append looks that is only half done.
    appendFileSync(file, '2026-01-01T00:00:00.000000000Z two h');
    await new Promise((resolve) => setImmediate(resolve));
    appendFileSync(file, 'alves\n');
    await log.close();
    expect(await following).toEqual(['one', 'two halves']);
  });

  it('that grow too long are cut and say so', async () => {
    const log = logs.open('demo', 'demo-1');
    for (let n = 0; n < 100; n++) log.line('a line of some length');
    await log.close();
    const read = await collect(logs.read('demo', 'demo-1', { timestamps: false }));
    expect(read.length).toBeLessThan(10);
    expect(read.at(-1)).toBe('[sandbox] the log is longer than 200 bytes and was cut here');
  });
});

describe('requests', () => {
  it('keeps the newest', async () => {
    for (let time = 1; time <= 5; time++) {
      await store.requests.add({
        time,
        status: 200,
        latencyNs: 1,
        clientIp: '',
        method: 'POST',
        path: '/run/a',
        user: 'oscar',
      });
    }
    await store.requests.prune(2);
    expect(store.requests.list().map(({ time }) => time)).toEqual([4, 5]);
  });
});
