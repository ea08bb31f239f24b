import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../../engine/engine.ts';
import { removeNodes } from './creation.ts';
import { findNode, hasNodes, type Node } from './node.ts';
import { createRecord } from './record.ts';
import { removeRegistry } from './registry.ts';
import { createTools } from './tools.ts';
import { createTraces } from './traces.ts';

/** What has to be known of a cluster to end it: neither its parts nor kind. */
export interface Ending {
  engine: Engine;
  environment: Record<string, string>;
  /** The data folder's. */
  id: string;
  /** The cluster's own. */
  folder: string;
}

/** What the cluster of a data folder is called. */
export const clusterName = (id: string): string => `oscar-sandbox-${id}`;

/** The network of the cluster: what kind's variable names, or its own. */
export const networkOf = (environment: Record<string, string>): string =>
  environment.KIND_EXPERIMENTAL_DOCKER_NETWORK || 'kind';

export const kubeconfigIn = (folder: string): string => join(folder, 'kubeconfig');
export const configIn = (folder: string): string => join(folder, 'kind.json');

/** Stops the node, and gives back the settings that it changed; answers whether it ran. */
export async function stopCluster(ending: Ending): Promise<boolean> {
  const { engine, id } = ending;
  const node = await findNode(engine, clusterName(id));
  if (!node?.running) return false;
  await restore(ending, node);
  await engine.kill(node.id);
  return true;
}

/** Removes the cluster, unless there is none; answers what the user is left to do. What MinIO keeps stays in the folder. */
export async function removeCluster(ending: Ending): Promise<{ removed: boolean; left: string[] }> {
  const { engine, id, folder } = ending;
  const name = clusterName(id);
  // The network of the cluster goes only when nothing is in it.
  await removeRegistry(engine, id);
  const removed = await hasNodes(engine, name);
  const left = await restore(ending, await findNode(engine, name));
  await removeNodes(engine, name);
  await tracesOf(ending).forget(toolsOf(ending));
  await createRecord(folder).forget();
  for (const file of [kubeconfigIn(folder), configIn(folder)]) await rm(file, { force: true });
  return { removed, left: left === undefined ? [] : [left] };
}

const tracesOf = ({ folder, environment }: Ending) => createTraces(folder, networkOf(environment));
const toolsOf = ({ environment, engine }: Ending) => createTools(environment, engine.info, [], 'kind');

const restore = (ending: Ending, node: Node | undefined): Promise<string | undefined> =>
  tracesOf(ending).restore(node?.running ? { tools: toolsOf(ending), name: node.name } : undefined);
