import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Enclosure, Fence, Found, Size } from './enclosure.ts';
import { clear, countKills, processesIn } from './group.ts';

/** One hierarchy of control groups: where it is mounted, what to write, where the kills are counted. */
interface Hierarchy {
  mount: string;
  /** File and value, in the order in which the kernel wants them; optional ones may be missing. */
  settings(size: Size): { file: string; value: string; optional?: boolean }[];
  kills?: string;
}

const PERIOD = 100_000;
const quota = (cpu: number): number => Math.max(1000, Math.round(cpu * PERIOD));

const unified = (mount: string): Hierarchy[] => [
  {
    mount,
    settings: ({ memory, cpu }) => [
      { file: 'memory.max', value: String(memory) },
      { file: 'memory.swap.max', value: '0', optional: true },
      { file: 'cpu.max', value: `${quota(cpu)} ${PERIOD}` },
    ],
    kills: 'memory.events',
  },
];

const legacy = (mount: string): Hierarchy[] => [
  {
    mount: join(mount, 'memory'),
    settings: ({ memory }) => [
      { file: 'memory.limit_in_bytes', value: String(memory) },
      { file: 'memory.memsw.limit_in_bytes', value: String(memory), optional: true },
    ],
    kills: 'memory.oom_control',
  },
  {
    mount: join(mount, 'cpu'),
    settings: ({ cpu }) => [
      { file: 'cpu.cfs_period_us', value: String(PERIOD) },
      { file: 'cpu.cfs_quota_us', value: String(quota(cpu)) },
    ],
  },
];

function limit(group: string, { settings }: Hierarchy, size: Size): void {
  mkdirSync(group);
  for (const { file, value, optional } of settings(size)) {
    if (!optional || existsSync(join(group, file))) writeFileSync(join(group, file), value);
  }
}

function createFence(hierarchies: Hierarchy[], id: string, detail: string): Fence {
  const roots = hierarchies.map((hierarchy) => join(hierarchy.mount, `oscar-sandbox-${id}`));

  const enclose = (name: string, size: Size): Enclosure => {
    const groups = roots.map((root) => join(root, name));
    for (const [at, hierarchy] of hierarchies.entries()) limit(groups[at] ?? '', hierarchy, size);
    const kills = hierarchies.flatMap(({ kills }, at) => (kills ? [join(groups[at] ?? '', kills)] : []));
    return {
      wrap: (command) => command,
      join: (pid) => {
        for (const group of groups) writeFileSync(join(group, 'cgroup.procs'), String(pid));
      },
      oomKills: () => kills.reduce((sum, file) => sum + countKills(file), 0),
      processes: () => processesIn(groups[0] ?? '').length,
      remove: async () => {
        for (const group of groups) await clear(group);
      },
    };
  };
  const sweep = async () => {
    for (const root of roots) {
      const entries = existsSync(root) ? readdirSync(root, { withFileTypes: true }) : [];
      for (const entry of entries) if (entry.isDirectory()) await clear(join(root, entry.name));
    }
  };
  const close = async () => {
    await sweep();
    for (const root of roots) if (existsSync(root)) rmdirSync(root);
  };
  return { detail, enclose, sweep, close };
}

/** Makes the group that holds all others; in the unified hierarchy its children must be allowed the controllers. */
function prepare(hierarchies: Hierarchy[], id: string, isUnified: boolean): void {
  for (const { mount } of hierarchies) {
    const root = join(mount, `oscar-sandbox-${id}`);
    mkdirSync(root, { recursive: true });
    if (!isUnified) continue;
    for (const group of [mount, root]) writeFileSync(join(group, 'cgroup.subtree_control'), '+memory +cpu');
  }
}

/** Control groups below `mount` (`/sys/fs/cgroup`), of version 2 or 1, if this program may make them. */
export function findCgroups(mount: string, id: string, version: 1 | 2): Found {
  const hierarchies = version === 2 ? unified(mount) : legacy(mount);
  const first = join(mount, version === 2 ? 'cgroup.controllers' : 'memory/cgroup.procs');
  if (!existsSync(first)) return { why: `there is no cgroup v${version}` };
  try {
    prepare(hierarchies, id, version === 2);
    return { fence: createFence(hierarchies, id, `memory and cpu limits through cgroup v${version}`) };
  } catch (error) {
    return { why: `cgroup v${version}: ${(error as Error).message}` };
  }
}
