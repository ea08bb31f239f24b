import { existsSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The processes in a control group; none when it is gone. */
export function processesIn(group: string): number[] {
  const file = join(group, 'cgroup.procs');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
}

/** Kills what is in a group until nothing is, then removes it; a killed process takes a moment to leave. */
export async function clear(group: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      for (const pid of processesIn(group)) killHard(pid);
      return rmdirSync(group);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY') throw error;
    }
    await pause(10);
  }
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** How many processes the kernel killed because a group's memory was used up, as a file of the group says. */
export function countKills(file: string): number {
  if (!existsSync(file)) return 0;
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}
