import { setTimeout as pause } from 'node:timers/promises';
import { asSandboxError } from '../model/errors.ts';
import type { Engine } from './engine.ts';

/** How many of each went, and what the engine would not let go, a sentence each. */
export interface Labelled {
  containers: number;
  networks: number;
  volumes: number;
  left: string[];
}

const tries = 10;
const againMs = 200;

/** Removes every container, network and volume that carries these labels. */
export async function removeLabelled(engine: Engine, labels: Record<string, string>): Promise<Labelled> {
  const left: string[] = [];
  const removeAll = async (ids: string[], remove: (id: string) => Promise<void>): Promise<number> => {
    const sentences = await Promise.all(ids.map((id) => persistently(() => remove(id))));
    const kept = sentences.filter((sentence) => sentence !== undefined);
    left.push(...kept);
    return ids.length - kept.length;
  };
  const containers = await removeAll(
    (await engine.list(labels)).map(({ id }) => id),
    engine.remove,
  );
  // Only now does nothing hold them.
  const [networks, volumes] = await Promise.all([engine.networks(labels), engine.volumes(labels)]);
  return {
    containers,
    networks: await removeAll(
      networks.map(({ id }) => id),
      engine.removeNetwork,
    ),
    volumes: await removeAll(
      volumes.map(({ name }) => name),
      engine.removeVolume,
    ),
    left,
  };
}

/** Does it, if need be at the tenth try: an engine counts for a while what has just gone. Answers why it cannot be done. */
async function persistently(work: () => Promise<void>): Promise<string | undefined> {
  let sentence = '';
  for (let count = 0; count < tries; count++) {
    try {
      await work();
      return undefined;
    } catch (error) {
      sentence = asSandboxError(error).message;
      await pause(againMs);
    }
  }
  return sentence;
}
