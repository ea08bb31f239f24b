import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../src/api/protocol.ts';
import type { Ended } from '../program.ts';
import { hostProgram } from '../release.ts';

export interface RunOptions {
  /** The whole environment; of ours, nothing is handed on. */
  env?: Record<string, string>;
  cwd?: string;
  /** Runs as this user, who is nobody else. */
  uid?: number;
}

/** Runs a program to its end, for a minute at most. */
export function run(words: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ended> {
  const { env = {}, cwd, uid } = options;
  const [file, ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

export const anyPorts = ['--port', '0', '--s3-port', '0', '--exposed-port', '0', '--executor', 'local'];

/** The status that a command has printed; throws what it said instead. */
export function statusOf({ code, stdout, stderr }: Ended): Status {
  if (code !== 0) throw new Error(`It ended with ${code}: ${stderr || stdout}`);
  return JSON.parse(stdout) as Status;
}

export type Ground = ReturnType<typeof createGround>;

/** A folder with an empty home, an empty folder for temporary files, and nothing else that the executable could know. */
export function createGround() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-binary-')));
  chmodSync(root, 0o755);
  const at = (...names: string[]) => join(root, ...names);
  for (const name of ['home', 'tmp', 'work']) mkdirSync(at(name));
  const env = { HOME: at('home'), TMPDIR: at('tmp') };
  const started = new Map<string, RunOptions>();
  const options = (own: RunOptions) => ({ cwd: at('work'), ...own, env: own.env ?? env });
  const ground = {
    at,
    env,
    /** Runs the executable, in the home if no other environment is given. */
    run: (args: string[], own: RunOptions = {}) => run([hostProgram(), ...args], options(own)),
    /** Starts a sandbox in the background, which `remove` ends. */
    up: (dataDir: string, args: string[] = [], own: RunOptions = {}) => {
      started.set(dataDir, own);
      return ground.run(['up', '--detach', '--wait', '--json', '--data-dir', dataDir, ...anyPorts, ...args], own);
    },
    /** Ends a sandbox, if it runs. */
    down: (dataDir: string) => ground.run(['down', '--data-dir', dataDir]),
    remove: async () => {
      for (const dataDir of started.keys()) await ground.down(dataDir);
      rmSync(root, { recursive: true, force: true });
    },
  };
  return ground;
}
