import { spawn } from 'node:child_process';
import type { Channel } from './agent.ts';

export interface ShellOptions {
  /** The program and its arguments: `/bin/sh -c …`, maybe behind something that limits it. */
  command: string[];
  /** All that it gets to see; nothing is inherited. */
  environment: Record<string, string>;
  folder: string;
}

/** Starts a shell of this machine as the leader of its own process group, which dies as a whole. */
export function startShell({ command, environment, folder }: ShellOptions): Channel & { pid: number | undefined } {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: folder, env: environment, detached: true, stdio: 'pipe' });
  let gone = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  // A shell that died closes its end; `ended` tells, the failed write has nothing to add.
  child.stdin.on('error', () => child.stdin.destroy());

  const kill = () => {
    if (gone || child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  child.once('exit', () => {
    // The leader may have been killed alone.
    kill();
    gone = true;
  });
  return { pid: child.pid, input: child.stdin, output: child.stdout, control: child.stderr, kill, ended };
}
