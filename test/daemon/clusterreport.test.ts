import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportKind } from '../../src/daemon/executors/clusterreport.ts';
import { fromSnap, knownIssues } from '../../src/daemon/executors/knownissues.ts';
import { reportKubernetes } from '../../src/daemon/executors/kubernetesreport.ts';
import type { EngineInfo } from '../../src/engine/engine.ts';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { hasKnative, openScene, type Scene } from '../executors/kubernetes/scene.ts';
import { guestToken } from '../kind/apiserver.ts';
import { hasParts } from '../kind/parts.ts';

const folder = mkdtempSync(join(tmpdir(), 'clusterreport-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string, mode = 0o644): string => {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};
/** An archive with nothing in it. */
const emptyTar = (): string => put('empty.tar', '\0'.repeat(1024));
/** A machine's `/proc/sys`, with so many watchers. */
const machine = (name: string, instances: number): string => {
  put(`${name}/proc/sys/fs/inotify/max_user_instances`, `${instances}\n`);
  put(`${name}/proc/sys/fs/inotify/max_user_watches`, '524288\n');
  put(`${name}/sys/fs/cgroup/cgroup.controllers`, 'cpu memory\n');
  return join(folder, name);
};
const place = (PATH: string, more: { parts?: string; root?: string; dataDir?: string; DOCKER_HOST?: string } = {}) => {
  const { DOCKER_HOST, ...rest } = more;
  const environment = { PATH, ...(DOCKER_HOST ? { DOCKER_HOST } : {}) };
  return { environment, home: folder, dataDir: join(folder, 'none'), root: machine('roomy', 512), ...rest };
};

it('without a container engine, that is all there is to say', async () => {
  expect(await reportKind(place('', { DOCKER_HOST: 'tcp://127.0.0.1:1' }))).toEqual([
    {
      state: 'fail',
      text: 'The container engine at tcp://127.0.0.1:1 (DOCKER_HOST) does not answer: nobody listens',
      fix: 'Start it, or name another one in DOCKER_HOST.',
    },
  ]);
});

describeWith('docker', () => {
  const about = async (word: string, asked: ReturnType<typeof place>) =>
    (await reportKind(asked)).filter(({ text }) => text.includes(word));

  it('tells where kind comes from', async () => {
    const kind = put('own/kind', '', 0o755);
    expect(await about('kind is', place(dirname(kind)))).toEqual([{ state: 'ok', text: `kind is ${kind}` }]);
    const fetched = put('data/cluster/fetched/kind', '');
    const [before] = await about('kind is', place('', { dataDir: join(folder, 'data') }));
    expect(before).toEqual({ state: 'ok', text: `kind is ${fetched}, fetched before` });
    expect(await about('needs a network', place(''))).toHaveLength(1);
  });

  it('fails where the parts that were named lack something, and names it', async () => {
    put('parts/oscar-bin/supervisor', '');
    const [lacking] = await about('parts', place('', { parts: join(folder, 'parts') }));
    expect(lacking).toMatchObject({
      state: 'fail',
      text: `The folder of parts ${folder}/parts has no oscar-bin/fwatchdog`,
    });
    expect(lacking?.fix).toContain('images/all.tar');
  });

  it('fails without the command that kind calls', async () => {
    expect(await about('the command docker', place(''))).toMatchObject([{ state: 'fail' }]);
    const docker = put('plain/docker', '', 0o755);
    expect(await about('kind calls', place(dirname(docker)))).toEqual([{ state: 'ok', text: `kind calls ${docker}` }]);
  });

  it('fails where inotify gives too little, with the command that gives more', async () => {
    expect(await about('watchers (inotify)', place('', { root: machine('narrow', 16) }))).toMatchObject([
      { state: 'fail', fix: expect.stringContaining('sysctl fs.inotify') },
    ]);
  });

  it('tells how the cluster of the data folder is', async () => {
    const id = randomBytes(6).toString('hex');
    const [name, image] = [`oscar-sandbox-${id}`, `oscar-sandbox-test/${id}`];
    put('started/id', `${id}\n`);
    const told = async () => (await about('cluster', place('', { dataDir: join(folder, 'started') }))).at(-1);
    const made = (node: string) =>
      put('started/cluster/made.json', JSON.stringify({ node, startedAt: 1, fingerprint: 'f', ports: {} }));

    expect(await told()).toMatchObject({ state: 'ok', text: expect.stringContaining('no cluster yet') });
    made('gone');
    expect(await told()).toMatchObject({ state: 'warn', text: `the cluster ${name} is gone` });
    docker('import', emptyTar(), image);
    const node = docker('create', '--label', `io.x-k8s.kind.cluster=${name}`, image, 'none');
    try {
      expect(await told()).toMatchObject({ state: 'warn', text: `the cluster ${name} was not made to its end` });
      made(node);
      expect(await told()).toMatchObject({
        state: 'ok',
        text: `the cluster ${name} is stopped: the next start brings it back`,
      });
    } finally {
      docker('rm', node);
      docker('rmi', image);
    }
  });
});

describe('what kind publishes as its known issues', () => {
  const info = { place: 'here' } as EngineInfo;

  it('is nothing on a machine without them, nor where the machine is not seen', async () => {
    expect(await knownIssues(info, machine('good', 512))).toEqual([]);
    expect(await knownIssues({ ...info, place: 'machine' }, join(folder, 'bare'))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('is cgroup v1', async () => {
    expect(await knownIssues(info, join(folder, 'bare'))).toMatchObject([
      { state: 'warn', text: expect.stringContaining('cgroup v1') },
    ]);
  });

  it('is an engine that puts a process of its own before that of the node', async () => {
    const root = machine('initial', 512);
    put('initial/etc/docker/daemon.json', '{ "init": true }');
    expect(await knownIssues(info, root)).toMatchObject([
      { state: 'fail', text: expect.stringContaining('"init": true') },
    ]);
  });
});

it('a client from snap is warned of, wherever it is linked from', () => {
  expect(fromSnap('/snap/bin/docker', '/usr/bin/snap')).toMatchObject({ state: 'warn' });
  expect(fromSnap('/usr/local/bin/docker', '/snap/docker/2963/bin/docker')).toMatchObject({ state: 'warn' });
  expect(fromSnap('/usr/bin/docker', '/usr/bin/docker')).toBeUndefined();
});

describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !hasKnative)('a cluster that is there', () => {
  let scene: Scene;
  let kubeconfig: string;
  beforeAll(async () => {
    scene = await openScene();
    kubeconfig = put('guest', scene.server.kubeconfigFor({ token: guestToken }));
  }, 90_000);
  afterAll(() => scene?.close());
  const report = (namespace: string, more: { kubeconfig?: string; context?: string } = {}) =>
    reportKubernetes({ environment: {}, home: folder, kubeconfig, namespace, ...more });

  it('is fine for whoever has the rights of the Role that we ask for', async () => {
    expect(await report('oscar-svc')).toEqual([
      { state: 'ok', text: expect.stringMatching(/^Kubernetes v1\S+ at https:.*namespace oscar-svc$/) },
      { state: 'ok', text: 'Knative Serving is there' },
      { state: 'ok', text: 'you may do all that is needed in the namespace oscar-svc' },
    ]);
  });

  it('fails with each right that is missing', async () => {
    const [, , rights] = await report('default');
    expect(rights).toMatchObject({ state: 'fail', fix: expect.stringContaining('rights.yaml') });
    for (const right of ['create jobs.batch', 'delete pods', 'get pods/log', 'patch services.serving.knative.dev'])
      expect(rights?.text).toContain(right);
  });

  it('fails with what a context lacks', async () => {
    expect(await report('oscar-svc', { context: 'other' })).toEqual([
      { state: 'fail', text: `${kubeconfig} has no context other`, fix: expect.stringContaining('It has') },
    ]);
  });

  it('fails when calls may not go through the gateway', async () => {
    const ref = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', namespace: 'kourier-system' };
    await scene.cluster.remove({ ...ref, name: 'oscar-sandbox-calls' });
    const text = async () => (await report('oscar-svc')).at(-1)?.text;
    await expect
      .poll(text)
      .toBe('you may not do all that is needed in the namespace oscar-svc: create services/proxy in kourier-system');
  });
});
