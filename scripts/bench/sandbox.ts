import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../src/api/protocol.ts';
import { program } from './program.ts';
import { must, pause, type Reply } from './request.ts';

/** A sandbox that was started to be measured, and that goes away without a trace. */
export interface Sandbox {
  status: Status;
  dataDir: string;
  /** A request to the API as the administrator; throws unless it succeeds. */
  call(method: string, path: string, body?: string): Promise<Reply>;
  /** An address under which `bucket/key` can be stored or read for an hour. */
  presign(path: string, operation: 'upload' | 'download'): Promise<string>;
  stop(): Promise<void>;
}

/** Runs a command of the sandbox to its end and answers what it printed. */
export function command(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args[0]} ended with ${code}.`))));
  });
}

export const newDataDir = (): string => mkdtempSync(join(tmpdir(), 'sandbox-bench-'));

export interface SandboxOptions {
  folder?: string;
  dataDir?: string;
  /** Where services run: on this machine, unless told otherwise. */
  executor?: 'local' | 'docker' | 'kind';
  /** Further flags of `up`. */
  args?: string[];
}

/** Starts a sandbox on free ports; the folder, if there is one, is served when this resolves. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { folder, dataDir = newDataDir(), executor = 'local', args = [] } = options;
  const place = ['--data-dir', dataDir];
  const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];
  const where = ['--executor', executor, '--no-fallback'];
  const up = ['up', ...(folder ? [folder] : []), ...ports, ...where, '--detach', '--wait', '--json'];
  const status = JSON.parse(await command([...up, ...place, ...args])) as Status;
  const authorization = `Basic ${Buffer.from(`${status.user}:${status.password}`).toString('base64')}`;
  const call: Sandbox['call'] = (method, path, body = '') =>
    must(`${status.api}${path}`, { method, body, headers: { authorization } });
  return {
    status,
    dataDir,
    call,
    presign: async (path, operation) => {
      const [bucket, ...key] = path.split('/');
      const body = JSON.stringify({ object_key: key.join('/'), operation, expires_in: 3600 });
      const reply = await call('POST', `/system/buckets/${bucket}/presign`, body);
      return (JSON.parse(reply.body) as { url: string }).url;
    },
    stop: async () => {
      await command(['clean', '--yes', ...place]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Starts a sandbox for a piece of work; it is gone afterwards, however the work ends. */
export async function withSandbox<T>(options: SandboxOptions, work: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const sandbox = await startSandbox(options);
  try {
    return await work(sandbox);
  } finally {
    await sandbox.stop();
  }
}

/** A service as `POST /system/services` takes it; with a whole core, as the peers have: OSCAR's default is a fifth. */
export const definition = (name: string, script: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ name, image: 'alpine', cpu: '1', script, log_level: 'CRITICAL', ...more });

/** Waits until so many jobs have succeeded, and throws when one has failed. */
export async function endedJobs(sandbox: Sandbox, count: number): Promise<void> {
  for (;;) {
    const { jobs } = JSON.parse((await sandbox.call('GET', '/sandbox/status')).body) as Status;
    if (jobs.Failed > 0) throw new Error(`${jobs.Failed} jobs failed.`);
    if (jobs.Pending + jobs.Running + jobs.Succeeded < count)
      throw new Error(`Jobs were lost: ${JSON.stringify(jobs)}`);
    if (jobs.Succeeded >= count) return;
    await pause(20);
  }
}

/** The folder `path` of the sandbox's own store, as input or output of a service. */
export const folderOf = (path: string): Record<string, string>[] => [{ storage_provider: 'minio.default', path }];

/** What Linux tells about a running process, in megabytes and seconds; undefined elsewhere. */
export function processFacts(pid: number): { rss: number; peak: number; cpu: number } | undefined {
  if (process.platform !== 'linux') return undefined;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (key: string): number => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return { rss: megabytes('VmRSS'), peak: megabytes('VmHWM'), cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
}
