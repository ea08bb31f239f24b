import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineInfo } from '../../../engine/engine.ts';
import type { Room } from './room.ts';

/** What the engine's machine can give to a cluster, as far as it is seen from here. `root` is /proc/sys. */
export async function measured({ memory, cpu, place, root: images }: EngineInfo, root = '/proc/sys'): Promise<Room> {
  if (place !== 'here') return { memory, cpu };
  const limit = (name: string) => readFile(join(root, 'fs/inotify', name), 'utf8').then(Number, () => undefined);
  const disk = images === undefined ? undefined : await statfs(images).then(bytesFree, () => undefined);
  const [watches, instances] = await Promise.all([limit('max_user_watches'), limit('max_user_instances')]);
  return {
    memory,
    cpu,
    ...(disk === undefined ? {} : { disk }),
    ...(watches === undefined ? {} : { watches }),
    ...(instances === undefined ? {} : { instances }),
  };
}

const bytesFree = ({ bavail, bsize }: { bavail: number; bsize: number }): number => bavail * bsize;
