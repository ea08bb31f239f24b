import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, hostname, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Machine, Share } from '../model/machine.ts';

/** How long the processors are watched to tell how busy they are. */
const watchMs = 200;

/** Where Linux tells of the machine. */
export interface MachineFiles {
  /** `/proc`. */
  proc: string;
  /** The control group that this process sees as its root: in a container its limits. */
  group: string;
}

const linux: MachineFiles = { proc: '/proc', group: '/sys/fs/cgroup' };

/** Looks at the machine, or at the part of it that this container may have; takes a fifth of a second. */
export async function lookAtMachine(files: MachineFiles = linux): Promise<Machine> {
  const [cpu, memory, gpus] = await Promise.all([processors(files), memoryOf(files), graphics(files)]);
  return { name: hostname(), cpu, memory, gpus };
}

async function processors({ group }: MachineFiles): Promise<Share> {
  const quota = quotaIn(await readIfThere(`${group}/cpu.max`));
  const busy = async () =>
    quota === undefined ? busyOf(cpus()) : numberIn(await readIfThere(`${group}/cpu.stat`), 'usage_usec') / 1000;
  const began = performance.now();
  const before = await busy();
  await pause(watchMs);
  const after = await busy();
  const capacity = quota === undefined ? availableParallelism() * 1000 : Math.min(cpus().length * 1000, quota);
  return within(Math.round(capacity), ((after - before) / (performance.now() - began)) * 1000);
}

async function memoryOf({ proc, group }: MachineFiles): Promise<Share> {
  const told = await readIfThere(`${proc}/meminfo`);
  const total = numberIn(told, 'MemTotal:') * 1024 || totalmem();
  const free = numberIn(told, 'MemAvailable:') * 1024 || freemem();
  // `max` is no number: then there is no limit.
  const limit = Number((await readIfThere(`${group}/memory.max`)) || 'max');
  if (!(limit < total)) return within(total, total - free);
  const used = Number(await readIfThere(`${group}/memory.current`));
  // What was only read from files is given back when somebody needs it.
  const cached = numberIn(await readIfThere(`${group}/memory.stat`), 'inactive_file');
  return within(limit, used - cached);
}

/** Those with NVIDIA's driver: no others can be given to services. */
const graphics = ({ proc }: MachineFiles): Promise<number> =>
  readdir(`${proc}/driver/nvidia/gpus`).then(
    (found) => found.length,
    () => 0,
  );

/** `200000 100000` is 2000 thousandths of a core; `max 100000` is no limit. */
function quotaIn(text: string): number | undefined {
  const [time, period] = text.trim().split(/\s+/).map(Number);
  return time && period ? (time / period) * 1000 : undefined;
}

/** The number after a name at the beginning of a line; 0 where there is none. */
const numberIn = (text: string, name: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(/\s+/)[1] ?? 0,
  );

/** Milliseconds that all processors together have worked. */
const busyOf = (all: ReturnType<typeof cpus>): number =>
  all.reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);

const within = (capacity: number, usage: number): Share => ({
  capacity,
  usage: Math.round(Math.min(capacity, Math.max(0, usage))),
});

const readIfThere = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Not on Linux, or of no group with limits.
    if (['ENOENT', 'EACCES', 'EOPNOTSUPP'].includes(error.code ?? '')) return '';
    throw error;
  });
