import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Status } from '../src/api/protocol.ts';
import { partsFolder } from './kind/parts.ts';
import { programWords } from './words.ts';

export type Executor = 'local' | 'docker' | 'kind';

const { env: environment } = process;

/** Where this run of the tests has services run; see `vitest.config.ts`. */
export const executorOfTests = (environment.OSCAR_SANDBOX_TEST_EXECUTOR ?? 'local') as Executor;

/** How long a test waits for what the program does by itself; a pod takes its time. */
export const patience = { timeout: executorOfTests === 'kind' ? 120_000 : 20_000, interval: 25 };

/** How the program comes to a cluster: nothing is fetched for it. */
export const kindWords = ['--parts', partsFolder];

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program as a user has it: started as a process of its own, reached over HTTP and its command line. */
export interface Program {
  status: Status;
  dataDir: string;
  /** A request to the API as the administrator. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** Stores `bucket/key` through the S3 port. */
  put(path: string, body: Uint8Array<ArrayBuffer> | string): Promise<void>;
  /** The text of `bucket/key`, read through the S3 port; throws while it is not there. */
  get(path: string): Promise<string>;
  /** Runs one command of the program against this data folder. */
  command(args: string[]): Promise<Ended>;
  /** Ends the program and removes its data folder; a cluster that tests share stays, without what this program served. */
  stop(): Promise<void>;
}

/** Runs the command line once, to its end; `before` are words that run it. */
export function runCommand(
  args: string[],
  env: Record<string, string> = {},
  before: readonly string[] = [],
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const [file = '', ...words] = [...before, ...programWords];
    const child = spawn(file, [...words, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

async function ok(answer: Response, what: string): Promise<Response> {
  if (!answer.ok) throw new Error(`${what} is answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

export interface ProgramOptions {
  folder?: string;
  args?: string[];
  /** What an earlier program left behind; a new folder if absent. */
  dataDir?: string;
  executor?: Executor;
  env?: Record<string, string>;
}

/** The data folder of the cluster that is shared by the tests of one file, see `test/onkind`; a cluster takes a minute. */
const shared = (executor: Executor): string | undefined =>
  executor === 'kind' ? environment.OSCAR_SANDBOX_TEST_CLUSTER : undefined;

/** Starts the program on free ports and a data folder of its own, and waits until the folder is served. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { folder, args = [], dataDir: kept, executor = executorOfTests, env } = options;
  const common = kept ? undefined : shared(executor);
  const dataDir = kept ?? common ?? mkdtempSync(join(tmpdir(), 'sandbox-data-'));
  const place = ['--data-dir', dataDir];
  const command = (words: string[]) => runCommand([...words, ...place], env);
  const fixed = ['--port', '0', '--s3-port', '0', '--exposed-port', '0', '--executor', executor, '--no-fallback'];
  const where = [...(folder ? [folder] : []), ...fixed, ...(executor === 'kind' ? kindWords : [])];
  const started = await command(['up', ...where, '--detach', '--wait', '--json', ...args]);
  if (started.code !== 0) {
    // It may run all the same, without serving its folder.
    await command(['down']);
    throw new Error(`up ended with ${started.code}: ${started.stderr || started.stdout}`);
  }
  const status = JSON.parse(started.stdout) as Status;
  const authorization = `Basic ${Buffer.from(`${status.user}:${status.password}`).toString('base64')}`;

  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${status.api}${path}`, { ...init, headers: { authorization, ...init.headers } });
  const presigned = async (path: string, operation: 'upload' | 'download') => {
    const slash = path.indexOf('/');
    const body = JSON.stringify({ object_key: path.slice(slash + 1), operation });
    const answer = await ok(
      await call(`/system/buckets/${path.slice(0, slash)}/presign`, { method: 'POST', body }),
      path,
    );
    return ((await answer.json()) as { url: string }).url;
  };

  return {
    status,
    dataDir,
    call,
    put: async (path, body) => {
      await ok(await fetch(await presigned(path, 'upload'), { method: 'PUT', body }), `PUT ${path}`);
    },
    get: async (path) => (await ok(await fetch(await presigned(path, 'download')), `GET ${path}`)).text(),
    command,
    stop: async () => {
      // It may have been started again since.
      if (common) return leave(call, (JSON.parse((await command(['status', '--json'])).stdout) as Status).pid);
      // What is on an engine is not in the folder, and has to go with it.
      const ended = await command(executor === 'local' ? ['down'] : ['clean', '--yes']);
      if (ended.code !== 0) throw new Error(`the end is answered ${ended.code}: ${ended.stderr}`);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Ends a program but not its cluster, where nothing is left of its services and their buckets. */
async function leave(call: Program['call'], pid: number): Promise<void> {
  const listed = async (path: string) => (await (await ok(await call(path), path)).json()) as Named[];
  const remove = async (path: string) => ok(await call(path, { method: 'DELETE' }), `DELETE ${path}`);
  for (const { name } of await listed('/system/services')) await remove(`/system/services/${name}`);
  for (const { bucket_name: name } of await listed('/system/buckets')) await remove(`/system/buckets/${name}`);
  for (const { name } of await listed('/system/volumes')) await remove(`/system/volumes/${name}`);
  await endProgram(pid);
}

/** Ends a program as Ctrl-C does: a cluster goes on. */
export async function endProgram(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  await vi.waitUntil(() => !isAlive(pid), { timeout: 60_000, interval: 25 });
}

interface Named {
  name: string;
  bucket_name: string;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
