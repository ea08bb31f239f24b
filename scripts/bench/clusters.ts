import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../src/api/protocol.ts';
import { dataId } from '../../src/daemon/files.ts';
import { program } from './program.ts';
import { pause } from './request.ts';
import { command, newDataDir } from './sandbox.ts';
import { timed } from './timing.ts';

/** As the program itself takes them. */
export const parts = process.env.OSCAR_SANDBOX_PARTS ?? '';
const part = (name: string): string => join(parts, 'bin', name);
const plainName = 'sandbox-bench-plain';

/** Why no cluster can be measured here; undefined when it can. */
export function kindMissing(): string | undefined {
  if (parts === '') return 'OSCAR_SANDBOX_PARTS names no folder with the parts of a cluster';
  return existsSync(part('kind')) && existsSync(part('kubectl')) ? undefined : `${parts}/bin has no kind and kubectl`;
}

/** Runs a program with the parts' tools ahead of all others; what it told on stderr. */
function told([file, ...args]: [string, ...string[]], signal?: AbortSignal): Promise<string> {
  const env = { ...process.env, PATH: [join(parts, 'shim'), join(parts, 'bin'), process.env.PATH].join(':') };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'], ...(signal ? { signal } : {}) });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${file} ended with ${code}: ${text}`)),
    );
  });
}

/** Seconds of `kind create cluster` alone, with the same node; it is gone afterwards. */
export async function plainCluster(signal: AbortSignal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-bench-kind-'));
  const kubeconfig = ['--name', plainName, '--kubeconfig', join(folder, 'kubeconfig')];
  const [patch, config] = [join(parts, 'kind-patch.yaml'), join(folder, 'config.yaml')];
  const own = existsSync(patch) ? readFileSync(patch, 'utf8') : '';
  writeFileSync(config, `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n${own}`);
  const image = readFileSync(join(parts, 'node-image'), 'utf8').trim();
  const create = ['create', 'cluster', ...kubeconfig, '--image', image, '--config', config, '--wait', '120s'];
  try {
    return (await timed(() => told([part('kind'), ...create], signal))) / 1000;
  } finally {
    await told([part('kind'), 'delete', 'cluster', ...kubeconfig]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does a piece of work in a data folder of its own; it is gone afterwards, with its cluster, however the work ends. */
export async function inNewFolder<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = newDataDir();
  try {
    return await work(dataDir);
  } finally {
    await clean(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** One that is just starting, and whose `up` was interrupted, cannot be ended yet. */
async function clean(dataDir: string): Promise<void> {
  const end = performance.now() + 180_000;
  for (;;) {
    try {
      await told([program, 'clean', '--yes', '--data-dir', dataDir]);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await pause(1000);
  }
}

/** An `up` to its end, step by step. */
export interface Up {
  seconds: number;
  steps: string[];
}

/** Starts the program; the whole cluster, MinIO and the API answer when this resolves. */
export async function up(dataDir: string, signal: AbortSignal): Promise<Up> {
  const place = ['--executor', 'kind', '--parts', parts, '--no-fallback', '--data-dir', dataDir];
  const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];
  let text = '';
  const ms = await timed(async () => {
    text = await told([program, 'up', ...place, ...ports, '--detach', '--wait'], signal);
  });
  const steps = text.split('\n').filter((line) => /: done \(/.test(line));
  const ready = Number(/ready after ([\d.]+) s/.exec(text)?.[1]);
  return {
    seconds: ms / 1000,
    steps: [...steps, `MinIO, the program itself: ${(ms / 1000 - ready).toFixed(1)} s`],
  };
}

/** Ends the program as Ctrl-C does: its cluster goes on. */
export async function endProgram(dataDir: string): Promise<void> {
  const { pid } = JSON.parse(await command(['status', '--json', '--data-dir', dataDir])) as Status;
  process.kill(pid, 'SIGTERM');
  while (existsSync(`/proc/${pid}`)) await pause(20);
}

const kubeconfigOf = (dataDir: string): string[] => ['--kubeconfig', join(dataDir, 'cluster/kubeconfig')];

/** What `kubectl` prints, asked of the cluster of this data folder. */
export const kubectl = (dataDir: string, ...args: string[]): string =>
  execFileSync(part('kubectl'), [...kubeconfigOf(dataDir), ...args], { encoding: 'utf8' });

/** A way to the API server without credentials and encryption, for as long as the work takes. */
export async function withProxy<T>(dataDir: string, work: (address: string) => Promise<T>): Promise<T> {
  const child = spawn(part('kubectl'), [...kubeconfigOf(dataDir), 'proxy', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        const [, host] = /serve on (\S+)\n/.exec(text) ?? [];
        if (host) resolve(`http://${host}`);
      });
      child.on('error', reject);
      child.on('close', (code) => reject(new Error(`kubectl proxy ended with ${code}.`)));
    });
    return await work(address);
  } finally {
    child.kill('SIGTERM');
  }
}

/** Where calls go into the cluster. */
export function gatewayOf(dataDir: string): string {
  const node = `oscar-sandbox-${dataId(dataDir)}-control-plane`;
  return `http://${execFileSync('docker', ['port', node, '30080/tcp'], { encoding: 'utf8' }).split('\n')[0]}/`;
}
