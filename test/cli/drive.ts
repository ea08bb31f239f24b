import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programWords } from '../words.ts';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface DriveOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Buffer;
}

/** A home of its own: the user's configuration and data play no part, nor does a container engine. */
export function createHome() {
  const home = mkdtempSync(join(tmpdir(), 'sandbox-cli-'));
  return {
    home,
    dataDir: join(home, 'data'),
    drive: (args: string[], options: DriveOptions = {}) =>
      drive(args, {
        cwd: home,
        ...options,
        env: {
          HOME: home,
          OSCAR_SANDBOX_DATA_DIR: join(home, 'data'),
          OSCAR_SANDBOX_EXECUTOR: 'local',
          ...options.env,
        },
      }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Runs the program to its end, with this environment and a PATH alone. */
export function drive(args: string[], { env = {}, cwd, stdin }: DriveOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const [file, ...words] = programWords;
    const child = spawn(file, [...words, ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout?.setEncoding('latin1').on('data', (text: string) => (ended.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
    child.stdin?.end(stdin);
  });
}
