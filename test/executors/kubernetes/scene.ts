import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { expect, vi } from 'vitest';
import type { Cluster, Manifest } from '../../../src/engine/cluster.ts';
import { createKubernetes, type KubernetesOptions } from '../../../src/executors/kubernetes/kubernetes.ts';
import { fingerprintOf } from '../../../src/executors/kubernetes/labels.ts';
import { containerName } from '../../../src/executors/kubernetes/manifests/settings.ts';
import { opened, openedByGuest } from '../../engine/clusterscene.ts';
import { type ApiServer, startApiServer } from '../../kind/apiserver.ts';
import { type StandInNode, setStatus, startNode } from '../../kind/node.ts';
import { partsFolder } from '../../kind/parts.ts';
import { settingsOf } from './settings.ts';

const definitions = join(partsFolder, 'manifests/serving-crds.yaml');
const namespace = 'oscar-svc';
const wanted = ['services.serving.knative.dev', 'revisions.serving.knative.dev'];

/** Knative's own definitions lie where the parts for the tests were built. */
export const hasKnative = existsSync(definitions);
if (!hasKnative) console.warn(`Skipped: ${definitions} is not there.`);

export const serviceKind = { apiVersion: 'serving.knative.dev/v1', kind: 'Service' };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a container says of itself. */
export type ContainerState = Record<string, unknown>;

/** A pod whose container does what a test says. */
export interface Actor {
  name: string;
  become(state: ContainerState, more?: Record<string, unknown>): Promise<void>;
  begin(): Promise<void>;
  /** In its log, a line each. */
  say(...lines: string[]): void;
  end(exitCode: number, message?: string, reason?: string): Promise<void>;
  unscheduled(message: string): Promise<void>;
}

/** A real API server that knows Knative's kinds, where nobody acts on them but the test, and the executor may do the least. */
export async function openScene() {
  const server = await startApiServer();
  const cluster = await opened(server.kubeconfig);
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const all = loadAll(readFileSync(definitions, 'utf8')) as Manifest[];
  for (const one of all.filter(({ metadata }) => wanted.includes(metadata.name))) await cluster.apply(one);
  for (const kind of ['Service', 'Revision']) {
    const where = { apiVersion: 'serving.knative.dev/v1', kind, namespace };
    await vi.waitFor(() => cluster.list(where), { timeout: 30_000, interval: 100 });
  }
  await grant(cluster);
  const guest = await openedByGuest(server);
  const nodes: StandInNode[] = [];
  const executors: { close(): Promise<void> }[] = [];
  const kubernetes = (more: Partial<KubernetesOptions> = {}) => {
    const executor = createKubernetes({
      cluster: guest,
      settings: settingsOf(),
      way: () => ({ url: 'http://127.0.0.1:1/', headers: {} }),
      visibility: 'outside',
      isWanted: () => true,
      onChange: () => undefined,
      runTimeoutSeconds: 0,
      jobTimeoutSeconds: 0,
      log: quiet,
      now: Date.now,
      ...more,
    });
    executors.push(executor);
    return executor;
  };
  const place = async (name: string, { metadata, spec }: Pick<Manifest, 'metadata'> & { spec?: unknown }) => {
    const node = await startNode(cluster, `node-${name}`);
    nodes.push(node);
    return placePod({ cluster, server, node, name, metadata, spec: spec as Record<string, unknown> });
  };
  const names = async (kind: string, apiVersion = 'v1') =>
    (await cluster.list({ apiVersion, kind, namespace, labels: settingsOf().marks.all })).map(
      ({ metadata }) => metadata.name,
    );
  return {
    server,
    cluster,
    kubernetes,
    names,
    /** The pod that the job controller would make, once there is the job. */
    podOf: async (job: string, name = `${job}-pod`): Promise<Actor> => {
      const ref = { apiVersion: 'batch/v1', kind: 'Job', name: job, namespace };
      const { template } = (await vi.waitUntil(() => cluster.get(ref), { timeout: 20_000 })).spec as {
        template: Manifest;
      };
      const labels = { ...template.metadata.labels, 'batch.kubernetes.io/job-name': job };
      return place(name, { metadata: { name, labels }, spec: template.spec });
    },
    /** The pod that Knative would make of a service's newest definition. */
    podOfService: async (service: string, name = `${service}-pod`): Promise<Actor> => {
      const ref = { ...serviceKind, name: service, namespace };
      const { template } = (await vi.waitUntil(() => cluster.get(ref), { timeout: 20_000 })).spec as {
        template: Manifest;
      };
      const {
        containerConcurrency: _one,
        timeoutSeconds: _time,
        responseStartTimeoutSeconds: _first,
        ...spec
      } = template.spec as Record<string, unknown>;
      return place(name, { metadata: { name, labels: template.metadata.labels ?? {} }, spec });
    },
    /** Was a pod told to go? Only its node can say that it has. */
    isGoing: async (name: string): Promise<boolean> => {
      const pod = await cluster.get({ apiVersion: 'v1', kind: 'Pod', name, namespace });
      return pod === undefined || pod.metadata.deletionTimestamp !== undefined;
    },
    serviceKind,
    /** Is a volume gone, or will be once no pod uses it? */
    isReleased: async (name: string): Promise<boolean> => {
      const found = await cluster.get({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace });
      return found === undefined || found.metadata.deletionTimestamp !== undefined;
    },
    /** Waits until a service's definition is of this version. */
    generation: (service: string, fingerprint: string) =>
      vi.waitUntil(
        async () =>
          fingerprintOf((await cluster.get({ ...serviceKind, name: service, namespace }))?.metadata.labels) ===
          fingerprint,
        { timeout: 20_000 },
      ),
    /** What the job controller says of a job, a while after its pod has ended. */
    complete: (job: string) => {
      const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, status: 'True' }));
      const times = { startTime: at, completionTime: at };
      const status = { ...times, succeeded: 1, uncountedTerminatedPods: {}, conditions };
      return setStatus(server, `/apis/batch/v1/namespaces/${namespace}/jobs/${job}`, status);
    },
    /** So many instances of a Deployment are ready. */
    serve: (deployment: string, count: number) => {
      const counts = { replicas: count, readyReplicas: count, availableReplicas: count };
      return setStatus(server, `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`, counts);
    },
    /** What Knative says of a service. */
    ready: (service: string, status: 'True' | 'False' | 'Unknown', message = '', reason = '') =>
      knativeSays({ cluster, server }, service, { type: 'Ready', status, message, reason }),
    close: async () => {
      for (const executor of executors) await executor.close();
      for (const node of nodes) await node.close();
      for (const one of [guest, cluster]) one.close();
      await server.stop();
    },
  };
}

/** The least rights that the sandbox asks for, for the user as whom it comes here. */
async function grant(cluster: Cluster): Promise<void> {
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kourier-system' } });
  for (const file of ['rights.yaml', 'gateway-rights.yaml']) {
    const text = readFileSync(join(import.meta.dirname, '../../../templates/cluster', file), 'utf8');
    for (const one of loadAll(text) as Manifest[]) {
      const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'guest' }];
      const metadata = { namespace, ...one.metadata };
      await cluster.apply({ ...one, metadata, ...(one.kind === 'RoleBinding' ? { subjects } : {}) });
    }
  }
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

interface Placing {
  cluster: Cluster;
  server: ApiServer;
  node: StandInNode;
  name: string;
  metadata: Manifest['metadata'];
  spec: Record<string, unknown>;
}

const at = '2026-01-02T03:04:05Z';

async function placePod({ cluster, server, node, name, metadata, spec }: Placing): Promise<Actor> {
  const put = { ...metadata, name, namespace };
  await cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: put, spec: { ...spec, nodeName: node.name } });
  const tell = (status: object) => setStatus(server, `/api/v1/namespaces/${namespace}/pods/${name}`, status);
  const phaseOf = (state: ContainerState): object => {
    if (spec.restartPolicy !== 'Never' || !('terminated' in state)) return {};
    return { phase: (state.terminated as { exitCode: number }).exitCode === 0 ? 'Succeeded' : 'Failed' };
  };
  const become: Actor['become'] = (state, more = {}) =>
    tell({
      ...phaseOf(state),
      containerStatuses: [
        { name: containerName, state, image: 'none', imageID: '', ready: 'running' in state, restartCount: 0, ...more },
      ],
    });
  let said = 0;
  return {
    name,
    become,
    begin: () => become({ running: { startedAt: at } }),
    say: (...lines) => {
      for (const words of lines) {
        said += 1;
        node.say({ at: `2026-01-02T03:04:06.${String(said).padStart(9, '0')}Z`, words: `${words}\n` });
      }
    },
    end: async (exitCode, message = '', reason = exitCode === 0 ? 'Completed' : 'Error') => {
      node.end();
      await become({ terminated: { exitCode, reason, message, startedAt: at, finishedAt: at } });
    },
    unscheduled: (message) =>
      tell({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] }),
  };
}

async function knativeSays(
  { cluster, server }: Pick<Placing, 'cluster' | 'server'>,
  service: string,
  condition: object,
): Promise<void> {
  const ref = { ...serviceKind, name: service, namespace };
  const found = await vi.waitUntil(() => cluster.get(ref), { timeout: 20_000 });
  await setStatus(server, `/apis/serving.knative.dev/v1/namespaces/${namespace}/services/${service}`, {
    observedGeneration: found.metadata.generation,
    conditions: [condition],
  });
}

/** What the lines of sh around the supervisor say of a task, as in `record.ts`. */
export const began = (task: string): string => `\x1e${task} begin`;
export const ended = (task: string, codes: string, files: string[] = [], form = 'output'): string[] => [
  `\x1e${task} end ${codes} ${form} ${files.length}`,
  ...files,
];

/** Waits for something to be so. */
export const eventually = <T>(look: () => Promise<T> | T) => expect.poll(look, { timeout: 20_000 });
