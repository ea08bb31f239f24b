import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecutor } from '../../../src/executors/kubernetes/kubernetes.ts';
import { createMarks } from '../../../src/executors/kubernetes/labels.ts';
import { versionName } from '../../../src/executors/kubernetes/manifests/names.ts';
import { clusterOffer } from '../../../src/executors/kubernetes/needs.ts';
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { hasParts } from '../../kind/parts.ts';
import { eventually, hasKnative, openScene, type Scene } from './scene.ts';
import { settingsOf } from './settings.ts';

const never = new AbortController().signal;

describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !hasKnative)('a service in a cluster', () => {
  let scene: Scene;
  let executor: KubernetesExecutor;
  let changes = 0;
  beforeAll(async () => {
    scene = await openScene();
    executor = scene.kubernetes({
      onChange: () => {
        changes += 1;
      },
    });
  }, 90_000);
  afterAll(() => scene?.close());

  const seen = async (name: string, by = executor) => (await by.observe()).find(({ service }) => service === name);
  const serve = async (service = declared({}), by = executor) => {
    const deployed = by.deploy(service);
    await scene.generation(service.name, service.fingerprint);
    await scene.ready(service.name, 'True');
    return deployed;
  };

  it('can be offered where Knative is', async () => {
    expect(await executor.probe()).toMatchObject({ ok: true });
    expect(executor.detail).toMatch(/^Kubernetes v1\.\d+\.\d+ at https:\S+ \(context test\), namespace oscar-svc$/);
  });

  it('is deployed once Knative says that it is ready, and observed until it is withdrawn', async () => {
    const service = declared({ name: 'observed' }, { secrets: { PASSWORD: 'x' } });
    expect(await seen('observed')).toBeUndefined();
    const before = changes;
    expect(await serve(service)).toEqual([]);
    expect(await seen('observed')).toMatchObject({
      fingerprint: service.fingerprint,
      state: 'ready',
      instances: 0,
      lines: [],
    });
    expect(changes).toBeGreaterThan(before);
    const files = versionName(service, settingsOf());
    expect(await scene.names('ConfigMap')).toContain(files);
    expect(await scene.names('Secret')).toContain(files);
    await executor.withdraw('observed');
    expect(await seen('observed')).toBeUndefined();
    expect(await scene.names('ConfigMap')).not.toContain(files);
    expect(await scene.names('Secret')).not.toContain(files);
  });

  it('counts its pods that take calls', async () => {
    await serve(declared({ name: 'counted' }));
    const pod = await scene.podOfService('counted');
    await pod.begin();
    await eventually(() => seen('counted')).toMatchObject({ state: 'ready', instances: 1 });
    await executor.withdraw('counted');
  });

  it('tells what the scheduler says, while it waits and in its state', async () => {
    const service = declared({ name: 'large' });
    const progress: string[] = [];
    const deployed = executor.deploy(service, (line) => progress.push(line));
    await scene.ready('large', 'Unknown');
    const pod = await scene.podOfService('large');
    await pod.unscheduled('0/1 nodes are available: 1 Insufficient cpu');
    await eventually(() => progress).toEqual(['0/1 nodes are available: 1 Insufficient cpu.']);
    expect(await seen('large')).toMatchObject({ fingerprint: '', state: 'pending' });
    await scene.ready('large', 'True');
    await deployed;
    expect(await seen('large')).toMatchObject({
      fingerprint: service.fingerprint,
      state: 'degraded',
      reason: '0/1 nodes are available: 1 Insufficient cpu.',
    });
    await executor.withdraw('large');
  });

  it('is not deployed without its image, and says whose login is missing', async () => {
    const service = declared({ name: 'private', image: 'registry.example.org/mine:1' });
    const deployed = executor.deploy(service);
    deployed.catch(() => undefined);
    const pod = await scene.podOfService('private');
    const message = 'failed to pull: failed to authorize: 401 Unauthorized';
    await pod.become({ waiting: { reason: 'ImagePullBackOff', message } });
    await expect(deployed).rejects.toMatchObject({
      code: 'forbidden',
      message:
        'The registry registry.example.org does not give the image registry.example.org/mine:1: it is private, or is not there.',
      hint: 'Check its name, or name a Secret with a login for it under image_pull_secrets.',
    });
    // It is to be tried again.
    expect(await seen('private')).toMatchObject({ fingerprint: '' });
    await executor.withdraw('private');
  });

  it('is not deployed when Knative gives up', async () => {
    const deployed = executor.deploy(declared({ name: 'broken' }));
    deployed.catch(() => undefined);
    await scene.ready('broken', 'False', 'Revision "broken-00001" failed with message: boom');
    await expect(deployed).rejects.toMatchObject({
      code: 'unavailable',
      message: 'broken does not take calls: Revision "broken-00001" failed with message: boom.',
    });
    await executor.withdraw('broken');
  });

  it('is waited for when its route was there before its configuration', async () => {
    const service = declared({ name: 'early' });
    const deployed = executor.deploy(service);
    await scene.generation('early', service.fingerprint);
    const before = changes;
    const said = 'Configuration "early" referenced in traffic not found.';
    await scene.ready('early', 'False', said, 'ConfigurationMissing');
    await eventually(() => changes).toBeGreaterThan(before);
    await scene.ready('early', 'True');
    expect(await deployed).toEqual([]);
    await executor.withdraw('early');
  });

  it('keeps the files of a version only while something uses them', async () => {
    const [one, two] = ['echo 1\n', 'echo 2\n'].map((script) => declared({ name: 'changing', script }, { version: 1 }));
    if (!one || !two) throw new Error('There are two.');
    const [older, newer] = [versionName(one, settingsOf()), versionName(two, settingsOf())];
    await serve(one);
    const task = taskOf(one, 'aGVsbG8=', { kind: 'job' });
    const outcome = executor.run(task, () => undefined, never);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    await serve({ ...two, version: 2 });
    expect(await scene.names('ConfigMap')).toEqual(expect.arrayContaining([older, newer]));
    await pod.end(0, '0 0\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
    await scene.complete(task.id);
    await serve({ ...two, version: 2 });
    await eventually(() => scene.names('ConfigMap')).not.toContain(older);
    expect(await scene.names('ConfigMap')).toContain(newer);
    await executor.withdraw('changing');
  });

  it('is deployed anew when it was removed behind our back', async () => {
    await serve(declared({ name: 'removed' }));
    await scene.cluster.remove({ ...scene.serviceKind, name: 'removed', namespace: 'oscar-svc' });
    await eventually(() => seen('removed')).toBeUndefined();
    await executor.withdraw('removed');
  });

  it('leaves what is of others alone', async () => {
    const mine = declared({ name: 'theirs' });
    const theirs = await serve(
      mine,
      scene.kubernetes({ settings: settingsOf({ marks: createMarks('ba9876543210') }) }),
    );
    expect(theirs).toEqual([]);
    await expect(executor.deploy(mine)).rejects.toMatchObject({
      code: 'conflict',
      message: 'The namespace oscar-svc has another service that is called theirs.',
    });
    expect(await seen('theirs')).toBeUndefined();
  });

  it('that an earlier run left is of no version, until it is deployed again', async () => {
    const service = declared({ name: 'stays' });
    await serve(service);
    const next = scene.kubernetes();
    expect(await seen('stays', next)).toMatchObject({ fingerprint: '', reason: 'An earlier run left it here.' });
    await next.deploy(service);
    expect(await seen('stays', next)).toMatchObject({ fingerprint: service.fingerprint, state: 'ready' });
    await executor.withdraw('stays');
  });

  it('is gone although Knative has not removed its own part of it yet', async () => {
    await serve(declared({ name: 'going' }));
    const labels = settingsOf().marks.of('service', 'going');
    const template = { metadata: { labels }, spec: { containers: [{ name: 'one', image: 'none' }] } };
    const spec = { selector: { matchLabels: labels }, template };
    const [kind, place] = [
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      { name: 'going-00001-deployment', namespace: 'oscar-svc' },
    ];
    const before = changes;
    await scene.cluster.apply({ ...kind, metadata: { ...place, labels }, spec });
    await eventually(() => changes).toBeGreaterThan(before);
    await executor.withdraw('going');
    expect(await seen('going')).toBeUndefined();
    await scene.cluster.remove({ ...kind, ...place });
  });

  it('that asks for more than there is says so, and its tasks fail with that', async () => {
    const small = scene.kubernetes({ offer: clusterOffer({ memory: 2 ** 30, cpu: 2, gpus: 0 }) });
    const service = declared({ name: 'hungry', memory: '64Gi' });
    const sentence = 'hungry asks for 64Gi of memory, the cluster has 1024Mi.';
    expect(await small.deploy(service)).toEqual([`${sentence} Its invocations fail.`]);
    expect(await seen('hungry', small)).toMatchObject({
      fingerprint: service.fingerprint,
      state: 'unavailable',
      reason: sentence,
    });
    const outcome = await small.run(taskOf(service), () => undefined, never);
    expect(outcome).toMatchObject({ state: 'Failed', code: 'unavailable', reason: sentence });
  });

  it('that is exposed has servers, an address once they are ready, and none of it when it is no longer', async () => {
    const expose = { api_port: [8080], min_scale: 1, max_scale: 3 };
    const service = declared({ name: 'web', expose });
    await serve(service);
    expect(await seen('web')).toMatchObject({ state: 'pending' });
    await scene.serve('web-dpl', 1);
    await eventually(() => seen('web')).toMatchObject({
      state: 'ready',
      addresses: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)],
    });
    expect(await scene.names('HorizontalPodAutoscaler', 'autoscaling/v2')).toEqual(['web-hpa']);
    await serve(declared({ name: 'web' }, { version: 2 }));
    expect(await scene.names('Deployment', 'apps/v1')).toEqual([]);
    expect(await scene.names('HorizontalPodAutoscaler', 'autoscaling/v2')).toEqual([]);
    await executor.withdraw('web');
  });

  it('makes its volume, which goes only when that is asked for', async () => {
    const service = declared({ name: 'storing', volume: { name: 'data', size: '1Gi', mount_path: '/data' } });
    await serve(service);
    await executor.withdraw('storing');
    expect(await scene.names('PersistentVolumeClaim')).toEqual(['data']);
    expect(await executor.volumes.held()).toEqual([{ key: 'data', maker: 'storing', waits: true }]);
    await executor.volumes.release({ namespace: 'oscar-svc-bob', name: 'data' });
    expect(await scene.names('PersistentVolumeClaim')).toEqual(['data']);
    await executor.volumes.release({ namespace: 'oscar-svc', name: 'data' }, 'storing');
    await eventually(() => scene.isReleased('data')).toBe(true);
  });

  it('finds the volume of its own namespace that no service made', async () => {
    const volume = { namespace: 'oscar-svc-bob', name: 'made', size: '1Gi', owner: 'bob', maker: '', policy: '' };
    await executor.volumes.make({ ...volume, leaving: false });
    await executor.volumes.make({ ...volume, size: '2Gi', leaving: false });
    expect(await executor.volumes.held()).toContainEqual({ key: 'oscar-svc-bob.made', maker: '', waits: true });
    const attaching = { volume: { name: 'made', mount_path: '/data' } };
    await serve(declared({ name: 'attaching', namespace: volume.namespace, ...attaching }));
    await expect(executor.deploy(declared({ name: 'lost', ...attaching }))).rejects.toThrow('which is not there');
    await executor.withdraw('attaching');
    await executor.volumes.release(volume);
    await eventually(() => scene.isReleased('oscar-svc-bob.made')).toBe(true);
  });

  it('is unavailable while the cluster is away', async () => {
    const service = declared({ name: 'away' });
    await serve(service);
    await scene.server.halt('SIGKILL');
    expect(await seen('away')).toMatchObject({ fingerprint: service.fingerprint, state: 'unavailable' });
    await scene.server.resume();
    await eventually(() => seen('away')).toMatchObject({ state: 'ready' });
  }, 90_000);
});
