import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SandboxError } from '../model/errors.ts';
import { type Agent, createAgent } from './agent.ts';
import { agentProcesses, agentScript } from './agentscript.ts';
import type { ScriptEnd, Worker } from './crew.ts';
import type { Enclosure } from './limits/enclosure.ts';
import { startShell } from './shell.ts';

export interface WorkerParts {
  agentFile: string;
  folder: string;
  environment: Record<string, string>;
  enclosure: Enclosure;
}

/** Starts a shell of this machine, under its limits before it can start anything itself. */
export async function startWorker({ agentFile, folder, environment, enclosure }: WorkerParts): Promise<Worker> {
  const shell = startShell({ command: enclosure.wrap(['/bin/sh', agentFile]), environment, folder });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    shell.kill();
    stopped ??= shell.ended.then(enclosure.remove);
    return stopped;
  };
  try {
    if (shell.pid === undefined) throw new Error(await shell.ended);
    enclosure.join(shell.pid);
  } catch (cause) {
    await stop();
    throw new SandboxError('unavailable', `A worker could not be started: ${(cause as Error).message}`, { cause });
  }
  const leftBehind = () => (enclosure.processes() ?? 0) > agentProcesses;
  const agent = createAgent(shell);
  return { alive: agent.alive, ended: agent.ended, run: runOn(agent, enclosure), leftBehind, stop };
}

function runOn(agent: Agent, { oomKills }: Enclosure): Worker['run'] {
  return async ({ folder, onOutput }, signal): Promise<ScriptEnd> => {
    const before = oomKills();
    const killed = () => oomKills() > before;
    try {
      const { exitCode } = await agent.run({ folder, onOutput, signal });
      // A script can go on without what was killed; a container could not.
      return killed() ? { exitCode: exitCode || 137, oom: true } : { exitCode, oom: false };
    } catch (error) {
      if (killed()) return { exitCode: 137, oom: true };
      throw error;
    }
  };
}

/** Makes the folder of the executor; answers where the agent's script is in it. */
export function prepareFolder(folder: string): string {
  const agentFile = join(folder, 'agent.sh');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  writeFileSync(agentFile, agentScript, { mode: 0o600 });
  return agentFile;
}
