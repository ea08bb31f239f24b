import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecutor } from '../../../src/executors/kubernetes/kubernetes.ts';
import type { Service } from '../../../src/model/service.ts';
import { plan } from '../../../src/reconcile/plan.ts';
import { declared } from '../../fakes/definitions.ts';
import { hasParts } from '../../kind/parts.ts';
import { eventually, hasKnative, openScene, type Scene } from './scene.ts';

describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !hasKnative)('an exposed service in a cluster', () => {
  let scene: Scene;
  let executor: KubernetesExecutor;
  beforeAll(async () => {
    scene = await openScene();
    executor = scene.kubernetes();
  }, 90_000);
  afterAll(() => scene?.close());

  const service = declared({ name: 'web', expose: { api_port: [8080], min_scale: 2, max_scale: 3 } });
  const seen = async () => (await executor.observe()).find((one) => one.service === 'web');
  const why = async (one: Service) => plan([one], await executor.observe()).map((step) => step.why);
  const serve = async (one: Service) => {
    const deployed = executor.deploy(one);
    await scene.generation('web', one.fingerprint);
    await scene.ready('web', 'True');
    await deployed;
  };
  const deployment = async () => {
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web-dpl', namespace: 'oscar-svc' };
    const found = await scene.cluster.get(ref);
    if (!found) throw new Error('there is no Deployment');
    const { metadata, spec } = found;
    const { replicas, template } = spec as {
      replicas: number;
      template: { metadata: { annotations?: Record<string, string> } };
    };
    return { replicas, of: metadata.annotations ?? {}, pods: template.metadata.annotations ?? {} };
  };
  const autoscalers = () => scene.names('HorizontalPodAutoscaler', 'autoscaling/v2');

  it('has no pods and no autoscaler while it is stopped, and both when it is started', async () => {
    await serve(service);
    await scene.serve('web-dpl', 2);
    await eventually(seen).toMatchObject({ state: 'ready' });
    expect(await why(service)).toEqual([]);
    const stopped = { ...service, stopped: true };
    expect(await why(stopped)).toEqual(['its servers are to stop']);
    for (const _ of [1, 2]) await serve(stopped);
    expect(await deployment()).toMatchObject({ replicas: 0, of: { 'oscar.grycap.io/stopped': 'true' } });
    expect(await autoscalers()).toEqual([]);
    expect(await seen()).toMatchObject({ state: 'stopped', fingerprint: service.fingerprint });
    expect(await why(stopped)).toEqual([]);
    expect(await why(service)).toEqual(['its servers are to run']);
    await serve(service);
    expect(await deployment()).toMatchObject({
      replicas: 2,
      of: expect.not.objectContaining({ 'oscar.grycap.io/stopped': 'true' }),
    });
    expect(await autoscalers()).toEqual(['web-hpa']);
    expect(await why(service)).toEqual([]);
  });

  it('stays stopped for the next run of the program', async () => {
    const stopped = { ...service, stopped: true };
    await serve(stopped);
    const next = scene.kubernetes();
    await next.deploy(stopped);
    expect(await next.observe()).toMatchObject([{ service: 'web', state: 'stopped' }]);
    expect(await deployment()).toMatchObject({ replicas: 0 });
    await serve(service);
  });

  it('gets other pods when it is to begin anew, and the same ones by every deployment after that', async () => {
    const anew = { ...service, restartedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
    expect(await why(anew)).toEqual(['its servers are to begin anew']);
    for (const _ of [1, 2]) {
      await serve(anew);
      expect((await deployment()).pods).toEqual({ 'oscar.grycap.io/restarted-at': '2026-01-02T03:04:05.006Z' });
    }
    expect(await why(anew)).toEqual([]);
  });

  it('counts its own pods, those that do not answer among them', async () => {
    const calls = await scene.podOfService('web', 'web-calls');
    await calls.begin();
    expect(await seen()).toMatchObject({ instances: 0, affected: 0 });
  });
});
