import { SandboxError } from '../../../model/errors.ts';
import { joined, mapOf, mapsOf, type Tree } from './tree.ts';

/** A folder or file of this machine that the node sees. */
export interface Mount {
  hostPath: string;
  containerPath: string;
  readOnly?: boolean;
}

/** A port of this machine that leads into the node. */
export interface PortMapping {
  host: string;
  hostPort: number;
  nodePort: number;
}

/** What the configuration of a cluster follows from. */
export interface WantedCluster {
  name: string;
  image: string;
  /** Tells whether a cluster that is there was made like this. */
  fingerprint: string;
  ports: PortMapping[];
  mounts: Mount[];
  /** What a restricted machine, or the user, adds; the later counts. */
  patches: { from: string; content: unknown }[];
}

/** The label of the node that carries the fingerprint. */
const fingerprintLabel = 'oscar-sandbox.fingerprint';

// Understood by every containerd that a node may have; its older settings of mirrors are not.
const registryFolder = '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n';

/** The configuration that `kind` is given, as JSON, which is YAML. */
export function kindConfig(wanted: WantedCluster): string {
  const own: Tree = {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: wanted.name,
    containerdConfigPatches: [registryFolder],
    nodes: [{ role: 'control-plane' }],
  };
  const whole = wanted.patches.reduce((sum, { from, content }) => patched(sum, content, from), own);
  const [first = {}, ...others] = mapsOf(whole.nodes);
  const nodes = [joined(ourNode(wanted), first), ...others.map((node) => joined(everyNode(wanted), node))];
  return `${JSON.stringify({ ...whole, nodes }, null, 2)}\n`;
}

// A pod of a service may come to any node.
const everyNode = ({ image, mounts }: WantedCluster): Tree => ({ image, extraMounts: mounts });

const ourNode = (wanted: WantedCluster): Tree => ({
  ...everyNode(wanted),
  labels: { [fingerprintLabel]: wanted.fingerprint },
  extraPortMappings: wanted.ports.map(({ host, hostPort, nodePort }) => ({
    containerPort: nodePort,
    hostPort,
    listenAddress: host,
    protocol: 'TCP',
  })),
});

/** Reads what is to be added to the configuration of a cluster; throws `invalid` when it cannot be. */
export function readPatch(text: string, from: string, parse: (text: string) => unknown[]): unknown {
  const content = parsed(text, from, parse);
  patched({ nodes: [{ role: 'control-plane' }] }, content, from);
  return content;
}

function parsed(text: string, from: string, parse: (text: string) => unknown[]): unknown {
  try {
    return parse(text)[0];
  } catch (cause) {
    const [first = ''] = String((cause as Error).message).split('\n');
    throw refused(from, `it is no YAML (${first})`, 'Correct the file, or leave --cluster-config out.');
  }
}

/** The first node of a patch is added to the one that is there, as there must be one; the others come as they are. */
function patched(whole: Tree, content: unknown, from: string): Tree {
  const patch = checked(content, from);
  const { nodes, ...rest } = patch;
  const [first, ...others] = mapsOf(nodes);
  const [own = {}, ...known] = mapsOf(whole.nodes);
  if (first && first.role !== undefined && first.role !== 'control-plane') {
    throw refused(
      from,
      'its first node is no control-plane',
      'Name the control-plane first, even if it says nothing else.',
    );
  }
  return { ...joined(whole, rest), nodes: [joined(own, first ?? {}), ...known, ...others] };
}

function checked(content: unknown, from: string): Tree {
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw refused(from, 'it is no mapping', 'Write it as a kind configuration: kind: Cluster, then what you add.');
  }
  const { kind = 'Cluster', apiVersion = 'kind.x-k8s.io/v1alpha4', name, ...rest } = mapOf(content);
  if (kind !== 'Cluster') throw refused(from, `its kind is ${String(kind)}`, 'It must be Cluster, or left out.');
  if (apiVersion !== 'kind.x-k8s.io/v1alpha4') {
    throw refused(from, `its apiVersion is ${String(apiVersion)}`, 'It must be kind.x-k8s.io/v1alpha4, or left out.');
  }
  if (name !== undefined)
    throw refused(from, 'it names the cluster', 'Leave out the name: it follows from the data folder.');
  return rest;
}

const refused = (from: string, why: string, hint: string) =>
  new SandboxError('invalid', `${from} cannot be added to the configuration of the cluster: ${why}.`, { hint });
