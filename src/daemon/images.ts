import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectParts } from '../engine/connect.ts';

const patience = 5000;

/**
 * Those of the images that this machine's container engine has and, as far as it can tell, no registry. None when there
 * is no engine, or none that answers soon.
 */
export const unpublished = (images: readonly string[], parts: ConnectParts): Promise<string[]> =>
  Promise.race([look(images, parts), pause(patience, [], { ref: false })]);

async function look(images: readonly string[], parts: ConnectParts): Promise<string[]> {
  const { connect } = await import('../engine/connect.ts');
  const found = await connect(parts);
  if (!('engine' in found)) return [];
  const { engine } = found;
  // An engine that fails now cannot tell, and nobody has asked for it.
  const looked = await Promise.all(images.map((image) => engine.image(image).catch(() => undefined)));
  return images.filter((_, index) => looked[index]?.published === false);
}
