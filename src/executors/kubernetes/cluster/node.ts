import type { Container, Engine, Inspected } from '../../../engine/engine.ts';
import type { Tools } from './tools.ts';

/** The one container that is the node of the cluster. */
export interface Node {
  id: string;
  name: string;
  running: boolean;
  /** Milliseconds since 1970; another one after each restart. */
  startedAt: number;
  /** Port in the node → port of this machine. */
  ports: Record<number, number>;
}

/** How kind marks the containers of a cluster. */
const labels = (cluster: string) => ({ 'io.x-k8s.kind.cluster': cluster });

/** The first node of a cluster, as it is now; undefined when there is none. */
export async function findNode(engine: Engine, cluster: string): Promise<Node | undefined> {
  const found = await engine.list(labels(cluster));
  const first = found.find(isFirst) ?? found[0];
  const seen = first && (await engine.inspect(first.id));
  return seen && nodeOf(seen);
}

/** All containers of a cluster. */
export const nodesOf = (engine: Engine, cluster: string): Promise<Container[]> => engine.list(labels(cluster));

/** Is there any container of it, be it one that the engine itself does not quite have yet? */
export const hasNodes = async (engine: Engine, cluster: string): Promise<boolean> =>
  (await nodesOf(engine, cluster)).length > 0;

const isFirst = ({ labels: all }: Container): boolean => all['io.x-k8s.kind.role'] === 'control-plane';

const nodeOf = ({ id, name, state, startedAt, ports }: Inspected): Node => ({
  id,
  name,
  running: state === 'running',
  startedAt,
  ports,
});

/** Runs a command in the node; answers what it printed, or undefined when it failed. */
export async function inNode(tools: Tools, node: string, command: string[]): Promise<string | undefined> {
  const { ok, stdout } = await tools.engine(['exec', '--privileged', node, ...command]);
  return ok ? stdout : undefined;
}
