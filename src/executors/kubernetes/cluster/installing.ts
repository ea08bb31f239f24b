import { createHash } from 'node:crypto';
import { isNotYetAdmitting } from '../../../engine/answers.ts';
import type { Cluster, Manifest } from '../../../engine/cluster.ts';
import { applyAll } from './applying.ts';
import { arranged } from './arrange.ts';
import { available, established, nodeReady, rolledOut } from './conditions.ts';
import { fitted } from './fitted.ts';
import { type ClusterOptions, nodePorts } from './options.ts';
import { type Awaited, settled } from './settled.ts';
import { mapOf } from './tree.ts';

const webhookMs = 60_000;
const readyMs = 180_000;

/** Puts Knative and Kourier into a cluster. */
export interface Installing {
  /** Of all that is put in. */
  fingerprint: string;
  nodeIsReady(): Promise<void>;
  /** Custom kinds and namespaces: until they are served. */
  define(): Promise<void>;
  /** Until Services have their rules. */
  proxyIsUp(): Promise<void>;
  /** One server of names is enough for one node. */
  saveRoom(): Promise<void>;
  install(): Promise<void>;
  knativeIsUp(say: (why: string) => void): Promise<void>;
  /** What Knative's webhook has to admit, and what needs Knative to begin with. */
  installRest(): Promise<void>;
  gatewayIsUp(say: (why: string) => void): Promise<void>;
}

/** What is put in, in order; for a node that was started then, in milliseconds since 1970. */
export function planned(texts: readonly string[], { parse, templates }: ClusterOptions, startedAt: number) {
  const manifests = texts.flatMap((text) => parse(text)).filter(isManifest);
  return arranged([
    ...templates.oscar,
    ...fitted(manifests, { settings: templates.settings, gatewayPort: nodePorts.gateway, startedAt }),
  ]);
}

const oneNameServer: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace: 'kube-system' },
  spec: { replicas: 1 },
};

const isManifest = (document: unknown): document is Manifest => typeof mapOf(document).kind === 'string';

/** The installing of Knative and Kourier. Nothing is put in twice by the same hand, but doing so changes nothing. */
export function createInstalling(
  cluster: Cluster,
  plan: ReturnType<typeof planned>,
  { now }: ClusterOptions,
  signal: AbortSignal,
): Installing {
  const { definitions, namespaces, objects, late } = plan;
  const patience = { passes: isNotYetAdmitting, forMs: webhookMs, now };
  const apply = (manifests: readonly Manifest[]) => applyAll(cluster, manifests, patience, signal);
  const wait = (awaited: Omit<Awaited, 'timeoutMs'>) => settled(cluster, { ...awaited, timeoutMs: readyMs }, signal);
  const deployments = (what: string, namespace: string, say: (why: string) => void) =>
    wait({
      what,
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace,
      names: objects.filter(isIn(namespace)).map(({ metadata }) => metadata.name),
      look: available,
      onMissing: say,
    });
  return {
    fingerprint: createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16),
    nodeIsReady: () => wait({ what: 'The node', apiVersion: 'v1', kind: 'Node', look: nodeReady }),
    define: async () => {
      await apply([...definitions, ...namespaces]);
      const names = definitions.map(({ metadata }) => metadata.name);
      const kind = 'CustomResourceDefinition';
      await wait({ what: 'Knative', apiVersion: 'apiextensions.k8s.io/v1', kind, names, look: established });
    },
    proxyIsUp: () =>
      wait({
        what: 'The network of the cluster',
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        namespace: 'kube-system',
        names: ['kube-proxy'],
        look: rolledOut,
      }),
    saveRoom: () => apply([oneNameServer]),
    install: () => apply(objects.filter((one) => !isGateway(one))),
    knativeIsUp: (say) => deployments('Knative', 'knative-serving', say),
    installRest: () => apply([...late, ...objects.filter(isGateway)]),
    gatewayIsUp: (say) => deployments('Kourier', 'kourier-system', say),
  };
}

const isIn =
  (namespace: string) =>
  ({ kind, metadata }: Manifest): boolean =>
    kind === 'Deployment' && metadata.namespace === namespace;

/** It asks for its controller by name as soon as it begins; while no name server answers, it loses 15 s and more. */
const isGateway = isIn('kourier-system');
