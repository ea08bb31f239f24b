import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import { failedWith } from './failure.ts';
import { hasNodes, nodesOf } from './node.ts';
import type { Tools } from './tools.ts';
import { closeWayOut } from './wayout.ts';

const createMs = 10 * 60_000;
const againMs = 500;
const tries = 20;

export interface Creation {
  tools: Tools;
  name: string;
  kubeconfig: string;
  /** A file. */
  config: string;
  say(line: string): void;
  signal: AbortSignal;
}

/** Has `kind` make a cluster, and closes its way out as soon as there is a node; throws what it means that it failed. */
export async function create({ tools, name, kubeconfig, config, say, signal }: Creation): Promise<void> {
  const ended = new AbortController();
  const closing = keepTrying(() => closeWayOut(tools, `${name}-control-plane`), ended.signal);
  const onLine = (line: string) => {
    const [, task] = /^ ?\u2022 (.*?)\s*\.\.\.$/u.exec(line) ?? [];
    if (task) say(task.replace(/[^\p{L}\p{N}\p{P}\s]/gu, '').trim());
  };
  const flags = ['--name', name, '--config', config, '--kubeconfig', kubeconfig];
  const { ok, output } = await tools.kind(['create', 'cluster', ...flags], { timeoutMs: createMs, onLine, signal });
  ended.abort();
  await closing;
  signal.throwIfAborted();
  if (!ok) throw failedWith('The cluster cannot be made', output);
}

/** Until it has succeeded, or the signal. */
async function keepTrying(work: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await work())) await pause(againMs, undefined, { signal }).catch(() => undefined);
}

/** Removes the nodes of a cluster, until the engine has nothing of it any more. */
export async function removeNodes(engine: Engine, name: string): Promise<void> {
  // An engine that is still about to create a container does so even after it has removed it.
  for (let count = 0; count === 0 || (await hasNodes(engine, name)); count++) {
    if (count > 0) await pause(againMs);
    if (count === tries) {
      throw new SandboxError('unavailable', `The container engine does not let go of the cluster ${name}.`, {
        hint: 'Look at its containers (docker ps --all), and try again.',
      });
    }
    for (const { id } of await nodesOf(engine, name)) await engine.remove(id);
  }
}
