import { join } from 'node:path';
import type { Engine } from '../../../engine/engine.ts';
import { createTurns } from '../../../engine/turns.ts';
import { loadImage } from './images.ts';
import { readKept, writeKept } from './kept.ts';
import { findNode } from './node.ts';
import type { Tools } from './tools.ts';

/** What the node was given: by the names of images, their ids on the engine. */
interface Loaded {
  node: string;
  images: Record<string, string>;
}

export interface LoadsParts {
  engine: Engine;
  /** The cluster's. */
  name: string;
  folder: string;
  tools(): Promise<Tools>;
}

/** Gives the node an image that the engine has, unless it was given that very one; false when the engine has it not. */
export type Load = (reference: string, say: (line: string) => void) => Promise<boolean>;

/** The images that a node was given are remembered in the cluster's folder. */
export function createLoads({ engine, name, folder, tools }: LoadsParts): Load {
  const inTurn = createTurns();
  const file = join(folder, 'loaded.json');
  const loaded = async (node: string): Promise<Loaded> => {
    const known = await readKept<Loaded>(file);
    return known?.node === node ? known : { node, images: {} };
  };
  const load = async (reference: string, say: (line: string) => void): Promise<boolean> => {
    const [image, node] = await Promise.all([engine.image(reference), findNode(engine, name)]);
    if (!image || !node) return false;
    const { images } = await loaded(node.id);
    if (images[reference] === image.id) return true;
    say(`its image ${reference} is given to the node`);
    if (!(await loadImage({ engine, folder, name, tools: await tools() }, reference))) return false;
    const now: Loaded = { node: node.id, images: { ...images, [reference]: image.id } };
    await writeKept(file, now);
    return true;
  };
  return (reference, say) => inTurn(name, () => load(reference, say));
}
