import { createHash } from 'node:crypto';
import { findCgroups } from './cgroup.ts';
import { type Fence, unlimited } from './enclosure.ts';
import { findSystemd } from './systemd.ts';

export interface FindLimitsOptions {
  /** Tells this program's groups from those of another one on this machine. */
  id: string;
  environment: Record<string, string>;
  /** Where control groups are mounted: `/sys/fs/cgroup`. */
  mount: string;
}

/** A short name that can stand in paths and unit names. */
const shorten = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 8);

/** The best way to limit workers on this machine, already swept; where nothing holds it says why. */
export async function findLimits({ id, environment, mount }: FindLimitsOptions): Promise<Fence> {
  const name = shorten(id);
  const why: string[] = [];
  for (const find of [
    () => findCgroups(mount, name, 2),
    () => findCgroups(mount, name, 1),
    () => findSystemd(name, environment),
  ]) {
    const found = await find();
    if ('fence' in found) {
      await found.fence.sweep();
      return found.fence;
    }
    why.push(found.why);
  }
  return unlimited(`${why.join('; ')}.`);
}
