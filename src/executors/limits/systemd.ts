import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../../engine/exec.ts';
import type { Enclosure, Fence, Found, Size } from './enclosure.ts';
import { clear, countKills, processesIn } from './group.ts';

/** The command that runs another one in a scope with limits; scripts do not see what it needs itself. */
export function scopeCommand(unit: string, { memory, cpu }: Size, { uid, command }: ScopeOptions): string[] {
  const limits = [`MemoryMax=${memory}`, 'MemorySwapMax=0', `CPUQuota=${Math.max(1, Math.round(cpu * 100))}%`];
  const properties = limits.flatMap((limit) => ['-p', limit]);
  const environment = ['env', `XDG_RUNTIME_DIR=/run/user/${uid}`];
  const scope = ['systemd-run', '--user', '--scope', '--quiet', '--collect', `--unit=${unit}`];
  return [...environment, ...scope, ...properties, '--', 'env', '-u', 'XDG_RUNTIME_DIR', ...command];
}

export interface ScopeOptions {
  uid: number;
  command: string[];
}

function enclose(unit: string, size: Size, uid: number): Enclosure {
  let told: string | undefined;
  let found: string | undefined;
  /** Where the scope's group is, once it is joined. */
  const group = (): string | undefined => {
    if (found || !told || !existsSync(told)) return found;
    const path = /^0::(.*)$/m.exec(readFileSync(told, 'utf8'))?.[1];
    if (path?.includes(unit)) found = join('/sys/fs/cgroup', path);
    return found;
  };
  return {
    wrap: (command) => scopeCommand(unit, size, { uid, command }),
    // It joins by itself; here is only learnt where it will be told.
    join: (pid) => {
      told = `/proc/${pid}/cgroup`;
    },
    oomKills: () => {
      const at = group();
      return at ? countKills(join(at, 'memory.events')) : 0;
    },
    processes: () => {
      const at = group();
      return at ? processesIn(at).length : undefined;
    },
    remove: async () => {
      if (found) await clear(found);
    },
  };
}

/** Scopes of the user's systemd, if there is one that grants them. */
export async function findSystemd(id: string, environment: Record<string, string>): Promise<Found> {
  const uid = process.getuid?.() ?? 0;
  const size = { memory: 64 * 1024 * 1024, cpu: 1 };
  const unit = (name: string) => `oscar-sandbox-${id}-${name}`;
  const command = scopeCommand(unit('probe'), size, { uid, command: ['true'] });
  const ran = await exec(command, { environment, timeoutMs: 5000 });
  if (!ran.ok) return { why: `systemd-run: ${ran.message.replace(/\.$/, '')}` };
  const fence: Fence = {
    detail: 'memory and cpu limits through systemd scopes',
    enclose: (name, wanted) => enclose(unit(name), wanted, uid),
    // A scope ends with its last process.
    sweep: async () => undefined,
    close: async () => undefined,
  };
  return { fence };
}
