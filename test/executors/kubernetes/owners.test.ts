import { describe, expect, it } from 'vitest';
import { feed } from '../../../src/executors/kubernetes/manifests/event.ts';
import { job } from '../../../src/executors/kubernetes/manifests/job.ts';
import { knativeService } from '../../../src/executors/kubernetes/manifests/knative.ts';
import { ownerSecret } from '../../../src/executors/kubernetes/manifests/secrets.ts';
import { createRun, type RunParts } from '../../../src/executors/kubernetes/run.ts';
import { SandboxError } from '../../../src/model/errors.ts';
import type { Service } from '../../../src/model/service.ts';
import type { Task } from '../../../src/model/task.ts';
import type { ObjectRef } from '../../../src/objects/buckets.ts';
import { declared } from '../../fakes/definitions.ts';
import { settingsOf } from './settings.ts';

const settings = settingsOf({
  keysOf: (uid) => (uid === 'alice' ? { accessKey: 'alice', secretKey: 'hers' } : undefined),
});
const of = (owner: string): Service => {
  const service = declared({ mount: { storage_provider: 'minio.default', path: 'b/data' } });
  return { ...service, definition: { ...service.definition, owner } };
};
const payload = {
  bytes: Buffer.from(
    '{"Records":[{"eventSource":"minio:s3","s3":{"bucket":{"name":"b"},"object":{"key":"in%2Fa"}},"eventTime":"x"}]}',
  ),
};
const taskOf = (service: Service, more: Partial<Task> = {}): Task => ({
  id: 'demo-1',
  service,
  kind: 'job',
  attempt: 1,
  payload,
  variables: {},
  ...more,
});
const named = (manifest: object): string[] => [
  ...new Set(
    [...JSON.stringify(manifest).matchAll(/"(?:secretName|name)":"(minio(?:-[0-9a-f]+)?)"/g)].map(([, n]) => n ?? ''),
  ),
];

describe('whose keys of the store the pods of a service get', () => {
  it.each([
    ['the administrator', 'cluster_admin', ['minio']],
    ['someone of whom there are no keys', 'bob', ['minio']],
    ['a user', 'alice', ['minio-2bd806c97f']],
  ])('%s', (_, owner, secrets) => {
    const service = of(owner);
    expect(named(job(taskOf(service), payload.bytes, settings))).toEqual(secrets);
    expect(named(knativeService(service, settings, 'outside'))).toEqual(secrets);
  });

  it('a user’s are in a Secret of their own', () => {
    expect(ownerSecret(of('cluster_admin'), settings)).toBeUndefined();
    expect(ownerSecret(of('alice'), settings)).toMatchObject({
      kind: 'Secret',
      metadata: { name: 'minio-2bd806c97f', namespace: 'oscar-svc' },
      data: { accessKey: Buffer.from('alice').toString('base64'), secretKey: Buffer.from('hers').toString('base64') },
    });
  });
});

describe('a task that is about an object', () => {
  it('names the object of the platform’s own store, and no other', () => {
    expect(feed(payload.bytes).object).toEqual({ bucket: 'b', key: 'in/a' });
    const wrapped = { storage_provider: 'minio.other', event: payload.bytes.toString() };
    expect(feed(Buffer.from(JSON.stringify(wrapped))).object).toBeUndefined();
    expect(feed(Buffer.from('text')).object).toBeUndefined();
  });

  it('does not begin when its service may not read that', async () => {
    const asked: ObjectRef[] = [];
    const parts = {
      refused: () => undefined,
      stand: () => expect.fail('it began'),
      closing: new AbortController().signal,
      demandReadable: async (ref: ObjectRef) => {
        asked.push(ref);
        throw new SandboxError('forbidden', 'No.');
      },
    } as Partial<RunParts> as RunParts;
    const begin = (task: Task) =>
      createRun(parts).begin({ task, signal: new AbortController().signal } as Parameters<
        ReturnType<typeof createRun>['begin']
      >[0]);
    const refused = { code: 'forbidden' };
    await expect(begin(taskOf(of('alice'), { kind: 'run', caller: 'bob' }))).rejects.toMatchObject(refused);
    await expect(begin(taskOf(of('alice'), { eventId: '1', caller: 'bob' }))).rejects.toMatchObject(refused);
    expect(asked).toEqual([
      { bucket: 'b', key: 'in/a', reader: 'demo', caller: 'bob' },
      { bucket: 'b', key: 'in/a', reader: 'demo', eventId: '1' },
    ]);
  });
});
