import { afterAll, beforeAll, expect, it } from 'vitest';
import { isNotYetAdmitting } from '../../src/engine/answers.ts';
import type { Cluster } from '../../src/engine/cluster.ts';
import { type ApiServer, startApiServer } from '../kind/apiserver.ts';
import { allow, describeWithServer, named, note, notes, opened, openedByGuest } from './clusterscene.ts';

describeWithServer('a cluster', () => {
  let server: ApiServer;
  let cluster: Cluster;
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
  });
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
  });

  it('says what it is', () => {
    expect(cluster.info).toEqual({
      version: expect.stringMatching(/^v1\.\d+/),
      address: server.address,
      context: 'test',
      namespace: 'default',
    });
  });

  it('keeps an object as it was last applied, whoever had set it otherwise', async () => {
    const first = await cluster.apply(note('kept', { a: '1', b: '1' }));
    expect(first).toMatchObject({ kind: 'ConfigMap', data: { a: '1', b: '1' } });
    expect(await cluster.apply(note('kept', { a: '2' }))).toMatchObject({ data: { a: '2' } });
    const now = await cluster.get(named('kept'));
    expect(now).toMatchObject({ metadata: { uid: first.metadata.uid }, data: { a: '2' } });
    expect(now?.metadata).not.toHaveProperty('managedFields');
    // Both b, which is no longer said, and what the server says of itself.
    expect(now?.data).toEqual({ a: '2' });
    expect(await cluster.apply(now ?? note('kept'))).toEqual(now);
  });

  it('is given in the namespace of the context what names none', async () => {
    const { namespace: _, ...metadata } = note('homeless').metadata;
    await cluster.apply({ ...note('homeless'), metadata });
    expect(await cluster.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'homeless' })).toMatchObject({
      metadata: { namespace: 'default' },
    });
  });

  it('has objects that are in no namespace', async () => {
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'elsewhere' } };
    await cluster.apply(space);
    await cluster.apply(note('far', {}, 'elsewhere'));
    const found = await cluster.list({ apiVersion: 'v1', kind: 'ConfigMap', labels: { note: 'yes' } });
    expect(found.map(({ metadata }) => metadata.namespace)).toContain('elsewhere');
    await cluster.remove({ apiVersion: 'v1', kind: 'Namespace', name: 'elsewhere' });
    await expect
      .poll(() => cluster.create(note('late', {}, 'elsewhere')).catch((error) => error))
      .toMatchObject({ code: 'conflict' });
  });

  it('makes an object once', async () => {
    expect(await cluster.create(note('once'))).toMatchObject({ metadata: { name: 'once' } });
    await expect(cluster.create(note('once'))).rejects.toMatchObject({
      code: 'conflict',
      message: 'The cluster will not create ConfigMap once in the namespace default: configmaps "once" already exists.',
    });
  });

  it('lists by labels and fields, each with its kind', async () => {
    await cluster.apply({ ...note('other'), metadata: { name: 'other', labels: { note: 'no' } } });
    await cluster.apply(note('one'));
    const listed = await cluster.list({ ...notes, fields: 'metadata.name=one' });
    expect(listed).toMatchObject([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }]);
    expect((await cluster.list(notes)).map(({ metadata }) => metadata.name)).not.toContain('other');
  });

  it('lists more than comes at once', { timeout: 120_000 }, async () => {
    const names = Array.from({ length: 520 }, (_, at) => `many-${at}`);
    for (let at = 0; at < names.length; at += 40)
      await Promise.all(names.slice(at, at + 40).map((name) => cluster.create(note(name))));
    const listed = await cluster.list(notes);
    expect(listed.filter(({ metadata }) => metadata.name.startsWith('many-'))).toHaveLength(520);
  });

  it('removes an object, and does not mind when it is gone', async () => {
    await cluster.apply(note('gone'));
    await cluster.remove(named('gone'));
    expect(await cluster.get(named('gone'))).toBeUndefined();
    await cluster.remove(named('gone'));
  });

  it('tells of a kind that it does not have, until it has', async () => {
    const cup = { apiVersion: 'kitchen.test/v1', kind: 'Cup', metadata: { name: 'mine' } };
    const ref = { apiVersion: 'kitchen.test/v1', kind: 'Cup', name: 'mine' };
    await expect(cluster.apply(cup)).rejects.toMatchObject({
      code: 'not-found',
      message: 'The cluster has no Cup of kitchen.test/v1.',
    });
    await expect(cluster.list(ref)).rejects.toMatchObject({ code: 'not-found' });
    expect(await cluster.get(ref)).toBeUndefined();
    await cluster.remove(ref);
    await cluster.apply(cups);
    await expect.poll(() => cluster.apply(cup).then(({ kind }) => kind, String)).toBe('Cup');
    await expect(cluster.apply({ ...cup, spec: { colour: 'red' } })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('.spec.colour: field not declared in schema'),
    });
  });

  const container = { name: 'main', image: 'none' };
  const job = (spec: object, more: object = {}) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'wrong', namespace: 'default' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ ...container, ...spec }] } }, ...more },
  });
  it.each([
    [
      'a field that is not known',
      job({ colour: 'red' }),
      '.spec.template.spec.containers[name="main"].colour: field not declared in schema',
    ],
    [
      'a number for a text',
      { ...note('wrong'), data: { a: 1 } },
      '.data.a: expected string, got &value.valueUnstructured{Value:1}',
    ],
    [
      'a value that is not allowed',
      job({ imagePullPolicy: 'Seldom' }),
      'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Seldom"',
    ],
    ['a name that is none', note('Not A Name'), 'a lowercase RFC 1123 subdomain'],
  ])('refuses %s and says where it is', async (_what, object, where) => {
    const error = await cluster.apply(object).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining(where) });
    expect(error.message).toMatch(/^The cluster will not apply \w+ .+ in the namespace default: .*\.$/);
  });

  it('refuses a field that is not known when it makes an object, too', async () => {
    await expect(cluster.create({ ...note('strange'), colour: 'red' })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('unknown field "colour"'),
    });
  });

  it('tells a user which right is missing and how to give it', async () => {
    const guest = await openedByGuest(server);
    await expect(guest.list(notes)).rejects.toMatchObject({
      code: 'forbidden',
      message: 'guest may not list configmaps in the namespace default (to list ConfigMap).',
      hint:
        'Whoever runs the cluster of test can allow it: `kubectl -n default create role oscar-sandbox-list-configmaps ' +
        '--verb=list --resource=configmaps`, then `kubectl -n default create rolebinding oscar-sandbox-list-configmaps ' +
        '--role=oscar-sandbox-list-configmaps --user=guest`.',
    });
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'mine' } };
    await expect(guest.apply(node)).rejects.toMatchObject({
      code: 'forbidden',
      message: 'guest may not patch nodes in the whole cluster (to apply Node mine).',
      hint: expect.stringContaining('create clusterrole oscar-sandbox-patch-nodes --verb=patch --resource=nodes`'),
    });
    const deployments = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' };
    await expect(
      guest.watch(deployments, { change: () => undefined, synced: () => undefined }, AbortSignal.timeout(9_000)),
    ).rejects.toMatchObject({
      code: 'forbidden',
      message: 'guest may not list deployments.apps in the namespace default (to list Deployment).',
    });
    await allow(cluster, 'guest', { verbs: ['list'], resources: ['configmaps'] });
    await expect.poll(() => guest.list(notes).then(() => 'listed', String)).toBe('listed');
    guest.close();
  });

  it('takes a policy for no matter of rights', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } });
    const metadata = { name: 'bold', namespace: 'strict' };
    const bold = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { hostNetwork: true, containers: [container] } };
    await expect(cluster.create(bold)).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('violates PodSecurity "restricted'),
    });
  });

  it('does not know a user who shows something else', async () => {
    await expect(opened(server.kubeconfigFor({ token: 'of-another-cluster' }))).rejects.toMatchObject({
      code: 'forbidden',
      message: `${server.address} does not know the user someone of the context test.`,
      hint: 'The credentials in the kubeconfig have run out, or are of another cluster: get them anew.',
    });
  });

  it('tells what only has to wait from what is wrong', async () => {
    const client = { service: { name: 'hook', namespace: 'default' }, caBundle: '' };
    await cluster.apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [
        {
          name: 'hook.kitchen.test',
          clientConfig: client,
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hooked', namespace: 'default' } };
    const failure = () => cluster.create(secret).catch((error) => error);
    await expect
      .poll(failure)
      .toMatchObject({ code: 'unavailable', message: expect.stringContaining('failed calling webhook') });
    expect(isNotYetAdmitting(await failure())).toBe(true);
    expect(isNotYetAdmitting(await cluster.create({ ...note('strange'), colour: 1 }).catch((error) => error))).toBe(
      false,
    );
  });
});

/** The smallest definition of a kind. */
const cups = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'cups.kitchen.test' },
  spec: {
    group: 'kitchen.test',
    names: { kind: 'Cup', plural: 'cups' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
};
