import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../../../model/errors.ts';
import { kindConfig } from './config.ts';
import { create, removeNodes } from './creation.ts';
import { configIn } from './ending.ts';
import { findNode, hasNodes, type Node } from './node.ts';
import type { ClusterOptions } from './options.ts';
import type { Made, Record } from './record.ts';
import type { Traces } from './traces.ts';
import { chosenPorts, wantedCluster } from './wanted.ts';

export interface MakingParts extends ClusterOptions {
  name: string;
  kubeconfig: string;
  record: Record;
  traces: Traces;
}

/** How the node is. */
export interface State {
  /** `usable`: made to its end as it is wanted now, and on since then; `restarted`: the same, but it was off meanwhile. */
  is: 'absent' | 'unfit' | 'restarted' | 'usable';
  node?: Node;
  made?: Made;
}

/** The node of the cluster: how it is, and how it is made. */
export interface Making {
  state(): Promise<State>;
  /** Makes it anew, in place of what is there. */
  make(image: string, say: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** Starts one that is off; it counts as made then. */
  wake(): Promise<void>;
  /** Everything is in it. */
  installed(fingerprint: string): Promise<void>;
}

/** The making of the node of one cluster. */
export const createMaking = (parts: MakingParts): Making => ({
  state: () => stateOf(parts),
  make: (image, say, signal) => make(parts, { image, say, signal }),
  wake: () => wake(parts),
  installed: (fingerprint) => writeDown(parts, fingerprint),
});

const fingerprintOf = (parts: MakingParts): string => wantedCluster(parts, '', []).fingerprint;

async function stateOf(parts: MakingParts): Promise<State> {
  const [node, made] = await Promise.all([findNode(parts.engine, parts.name), parts.record.read()]);
  if (!node) return { is: 'absent' };
  if (made?.node !== node.id || made.fingerprint !== fingerprintOf(parts)) return { is: 'unfit', node };
  return { is: node.running && node.startedAt === made.startedAt ? 'usable' : 'restarted', node, made };
}

/** What is there now is what was made. */
async function writeDown(parts: MakingParts, installed?: string): Promise<void> {
  const { engine, name, record } = parts;
  const node = await findNode(engine, name);
  if (!node) throw vanished(name);
  const { id, startedAt, ports } = node;
  const made: Made = { node: id, startedAt, ports, fingerprint: fingerprintOf(parts) };
  await record.write(installed === undefined ? made : { ...made, installed });
}

interface Order {
  image: string;
  say(line: string): void;
  signal: AbortSignal;
}

async function make(parts: MakingParts, { image, say, signal }: Order): Promise<void> {
  const { engine, name, folder, kubeconfig, materials, traces, record } = parts;
  const tools = await materials.tools();
  const had = await hasNodes(engine, name);
  if (had) await removeNodes(engine, name);
  // One that had its place before has it still.
  else await demandRoom(parts);
  await traces.remember(tools);
  for (const place of ['minio', 'events', 'registries'])
    await mkdir(join(folder, place), { recursive: true, mode: 0o700 });
  const before = (await record.read())?.ports ?? {};
  for (let count = 1; ; count++) {
    const config = configIn(folder);
    await writeFile(config, kindConfig(wantedCluster(parts, image, await chosenPorts(parts, before))));
    try {
      await create({ tools, name, kubeconfig, config, say, signal });
      break;
    } catch (error) {
      // A node that is half made is of no use to anybody.
      await removeNodes(engine, name);
      if (count === portTries || !isPortTaken(error)) throw error;
    }
  }
  await writeDown(parts);
}

/** Somebody else may take a port in the moment between its choice and its use. */
const portTries = 3;
const isPortTaken = (error: unknown): boolean =>
  error instanceof SandboxError && /port is already allocated|address already in use/i.test(String(error.cause));

async function wake(parts: MakingParts): Promise<void> {
  const { engine, name, traces, materials } = parts;
  const { node, made } = await stateOf(parts);
  if (!node) throw vanished(name);
  await traces.remember(await materials.tools());
  if (!node.running) await engine.start(node.id);
  await writeDown(parts, made?.installed);
}

async function demandRoom({ room }: MakingParts): Promise<void> {
  const refusal = await room();
  if (refusal) throw new SandboxError('unavailable', `${refusal.why}.`, { hint: refusal.fix });
}

const vanished = (name: string) =>
  new SandboxError('unavailable', `The cluster ${name} has vanished while it was made.`, {
    hint: 'Somebody else removed it: start again.',
  });
