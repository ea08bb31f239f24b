import { spawn } from 'node:child_process';

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
}

/** Runs a program to its end with a plain environment: nothing of ours, no proxies, no configuration. */
export function run(program: string, args: string[], { env = {}, input = '' }: RunOptions = {}): Promise<Ran> {
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH, TMPDIR, LANG: 'C.UTF-8', ...env }, timeout: 120_000 });
    const ran: Ran = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ran, code }));
    // Whoever does not read its input may close it before we have written it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** What a program printed; throws with all it said when it fails. */
export async function ran(program: string, args: string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}\nended with ${code}\n${stderr}\n${stdout}`);
  return stdout;
}
