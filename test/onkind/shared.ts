import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { docker } from '../docker.ts';
import { partOf } from '../kind/parts.ts';
import { type Ended, endProgram, kindWords, runCommand } from '../program.ts';
import { canFence, type Fence, fence } from './fence.ts';

/** The one cluster of the tests of a file, which the program itself has made. */
export interface Shared {
  dataDir: string;
  /** Of the data folder, and so of the cluster. */
  id: string;
  /** The cluster's own, in the data folder. */
  folder: string;
  kubeconfig: string;
  /** The container that is its node, and what that keeps. */
  node: string;
  volumes: string[];
  /** What the first start came to. */
  up: Ended;
  status: Status;
  /** What was there before. */
  before: { kernel: string[]; networks: string[] };
  /** Around its network, from the beginning; root alone can put one there. */
  fence?: Fence;
  kubectl(...args: string[]): string;
}

/** What a cluster changes for the whole machine, as it is. */
export const kernel = (): string[] =>
  ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'].map((name) =>
    readFileSync(`/proc/sys/${name}`, 'utf8').trim(),
  );

export const networks = (): string[] => docker('network', 'ls', '--format', '{{.Name}}').split('\n');

const volumesOf = (node: string): string[] =>
  docker('inspect', '--format', '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}', node)
    .split(' ')
    .filter(Boolean);

/** Starts the program, on any ports, where services run in the cluster of its data folder. */
export const bringUp = (dataDir: string): Promise<Ended> =>
  runCommand([
    ...['up', '--data-dir', dataDir, '--executor', 'kind', ...kindWords, '--no-fallback', '--detach', '--wait'],
    ...['--port', '0', '--s3-port', '0', '--exposed-port', '0'],
  ]);

/** What the program says of itself. */
export const statusOf = async (dataDir: string): Promise<Status> =>
  JSON.parse((await runCommand(['status', '--json', '--data-dir', dataDir])).stdout);

/** Makes a cluster before the tests of this suite, for every program that they start, and removes it after them. */
export function shareCluster(): Shared {
  const shared: Partial<Shared> = {};
  beforeAll(async () => {
    const before = { kernel: kernel(), networks: networks() };
    const dataDir = mkdtempSync(join(tmpdir(), 'sandbox-cluster-'));
    Object.assign(shared, { before, dataDir });
    const [up] = await Promise.all([
      bringUp(dataDir),
      canFence ? fence(dataDir).then((made) => Object.assign(shared, { fence: made })) : undefined,
    ]);
    if (up.code !== 0) throw new Error(`up ended with ${up.code}: ${up.stderr}`);
    const status = await statusOf(dataDir);
    await endProgram(status.pid);
    const folder = join(dataDir, 'cluster');
    const kubeconfig = join(folder, 'kubeconfig');
    const kubectl = (...args: string[]) =>
      execFileSync(partOf('kubectl'), ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8' }).trim();
    const node = kubectl('get', 'nodes', '--output', 'name').replace('node/', '');
    const id = node.replace(/^oscar-sandbox-(.*)-control-plane$/, '$1');
    Object.assign(shared, { id, folder, kubeconfig, node, volumes: volumesOf(node), up, status, kubectl });
    process.env.OSCAR_SANDBOX_TEST_CLUSTER = dataDir;
  }, 300_000);
  afterAll(async () => {
    delete process.env.OSCAR_SANDBOX_TEST_CLUSTER;
    const { dataDir, fence: fenced } = shared;
    fenced?.remove();
    if (dataDir === undefined) return;
    // Where a test has not done so.
    await runCommand(['clean', '--yes', '--data-dir', dataDir]);
    rmSync(dataDir, { recursive: true, force: true });
  }, 120_000);
  // Filled before the first test runs.
  return shared as Shared;
}
