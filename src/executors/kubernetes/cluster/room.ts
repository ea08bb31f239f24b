import type { Refusal } from './refusals.ts';

/** What a machine can give to a cluster. */
export interface Room {
  /** Bytes of the container engine, in all. */
  memory: number;
  cpu: number;
  /** Bytes that are free where the engine keeps its images; unknown where it is elsewhere. */
  disk?: number;
  /** Limits of inotify for one user, where there are such. */
  watches?: number;
  instances?: number;
}

const GB = 1e9;
const least = { memory: 1.9 * GB, disk: 4 * GB, cpu: 2, watches: 8192, instances: 128 } as const;

/** Why a cluster would not come up here, told before it is tried. */
export function tooSmall({
  memory,
  disk,
  watches = least.watches,
  instances = least.instances,
}: Room): Refusal | undefined {
  if (memory < least.memory) {
    return {
      why: `The container engine has ${gigabytes(memory)} of memory, and a cluster needs 2 GB`,
      fix: 'Give it 4 GB (Docker Desktop: Settings, Resources; colima start --memory 4).',
    };
  }
  if (disk !== undefined && disk < least.disk) {
    return {
      why: `The disk of the container engine has ${gigabytes(disk)} left, and a cluster needs 4 GB`,
      fix: 'Make room: `docker system prune`, or give the engine a larger disk.',
    };
  }
  if (watches >= least.watches && instances >= least.instances) return undefined;
  return {
    why: `This machine allows ${watches} watched files and ${instances} watchers (inotify), which is too few for a cluster`,
    fix: 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
  };
}

/** What will be slow or tight, but works. */
export function tight({ cpu, memory }: Room): string | undefined {
  if (cpu < least.cpu)
    return 'The container engine has one processor: a cluster wants two, and services may wait for room.';
  if (memory < 2 * least.memory)
    return `The container engine has ${gigabytes(memory)} of memory: large services may wait for room.`;
  return undefined;
}

const gigabytes = (bytes: number): string => `${(bytes / GB).toFixed(1)} GB`;
