import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../../src/engine/cluster.ts';
import { configMap } from '../../../src/executors/kubernetes/manifests/config.ts';
import { eventParts, job } from '../../../src/executors/kubernetes/manifests/job.ts';
import { knativeService } from '../../../src/executors/kubernetes/manifests/knative.ts';
import { taskHeader } from '../../../src/executors/kubernetes/manifests/lines.ts';
import type { Settings } from '../../../src/executors/kubernetes/manifests/settings.ts';
import type { Service } from '../../../src/model/service.ts';
import type { Task } from '../../../src/model/task.ts';

/** How what ran in a pod ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What its first process printed, or what a call was answered. */
  stdout: Buffer;
  log: string;
  /** What it left for Kubernetes to read. */
  termination: string;
}

export interface PodOptions {
  settings: Settings;
  /** The program that is mounted as the supervisor; its own paths are moved like those of everything else. */
  supervisor: string;
  /** The shell that is `/bin/sh` there: `dash`, `bash` or `busybox`. */
  shell: string;
  /** Runs it, where it is a program in Python. */
  python?: string;
  /** The store's keys, as their Secret has them. */
  keys?: { accessKey: string; secretKey: string };
  /** Variables that the image sets. */
  image?: Record<string, string>;
}

interface Container {
  command: string[];
  args: string[];
  env: { name: string; value?: string }[];
}

interface Pod {
  folder: string;
  /** A text of the pod, with its paths moved into the folder. */
  moved(text: string): string;
  env: Record<string, string>;
  container: Container;
  log: number;
}

/** Where a pod's programs are: beside busybox there are no others. */
function programsOf(shell: string, folder: string): string {
  if (shell !== 'busybox') return process.env.PATH ?? '';
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  execFileSync('busybox', ['--install', '-s', programs]);
  return programs;
}

/** The container in which a service runs. */
export const containerIn = (manifest: Manifest): Container => {
  const { template } = manifest.spec as { template: { spec: { containers: Container[] } } };
  const [container] = template.spec.containers;
  if (!container) throw new Error(`${manifest.kind} has no container`);
  return container;
};

/** What Kubernetes makes of a variable's value. */
const expanded = (value: string): string => value.replaceAll('$$', '$');

/** Makes on this machine what a node would make of a pod: its files, its variables, its paths below a folder. */
function place(service: Service, manifest: Manifest, options: PodOptions): Pod {
  const folder = mkdtempSync(join(tmpdir(), 'pod-'));
  const moved = (text: string) =>
    text
      .replaceAll('/oscar/', `${folder}/oscar/`)
      .replaceAll('/proc/1/fd/1', `${folder}/log`)
      .replaceAll('/dev/termination-log', `${folder}/termination`)
      .replaceAll('/bin/sh', `${folder}/sh`);
  for (const name of ['oscar/config', 'oscar/bin', 'tmp', 'work']) mkdirSync(join(folder, name), { recursive: true });
  symlinkSync(`/bin/${options.shell}`, join(folder, 'sh'));
  const { data } = configMap(service, options.settings) as unknown as { data: Record<string, string> };
  for (const [name, text] of Object.entries(data)) {
    writeFileSync(join(folder, 'oscar/config', name), name.endsWith('.sh') ? moved(text) : text);
  }
  const keys = join(folder, 'oscar/providers/minio.default');
  mkdirSync(keys, { recursive: true });
  for (const [name, text] of Object.entries(options.keys ?? {})) writeFileSync(join(keys, name), text);
  const program = join(folder, 'oscar/bin/supervisor');
  const text = moved(readFileSync(options.supervisor, 'utf8'));
  writeFileSync(program, text.replace('@PYTHON@', options.python ?? ''));
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'termination'), '');
  const container = containerIn(manifest);
  const own = container.env.map(({ name, value = '' }) => [name, moved(expanded(value))]);
  const env = {
    PATH: programsOf(options.shell, folder),
    TMPDIR: join(folder, 'tmp'),
    ...options.image,
    ...Object.fromEntries(own),
  };
  return { folder, moved, env, container, log: openSync(join(folder, 'log'), 'a') };
}

interface Run {
  words: string[];
  env: Record<string, string>;
  stdin?: Buffer;
  /** Told once it runs, with the id of its group. */
  onStart?: (pid: number, folder: string) => void;
}

async function run(pod: Pod, { words, env, stdin, onStart }: Run): Promise<Ended> {
  const [program = '', ...args] = words;
  const output = stdin === undefined ? pod.log : 'pipe';
  const child = spawn(program, args, {
    cwd: join(pod.folder, 'work'),
    env,
    detached: true,
    stdio: ['pipe', output, output],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin ?? '');
  onStart?.(child.pid ?? 0, pod.folder);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (exit, by) => resolve([exit, by]));
  });
  const read = (name: string) => readFileSync(join(pod.folder, name), 'utf8');
  const ended = { code, signal, stdout: Buffer.concat(chunks), log: read('log'), termination: read('termination') };
  rmSync(pod.folder, { recursive: true, force: true });
  return ended;
}

/** Runs a task's Job as a node would. */
export async function runJob(task: Task, options: PodOptions & Pick<Run, 'onStart'>): Promise<Ended> {
  const body = 'bytes' in task.payload ? task.payload.bytes : Buffer.alloc(0);
  const pod = place(task.service, job(task, body, options.settings), options);
  const parts = eventParts(task, body, options.settings);
  if (parts.length > 0) mkdirSync(join(pod.folder, 'oscar/event'));
  parts.forEach((part, at) => {
    const { binaryData } = part as unknown as { binaryData: { part: string } };
    writeFileSync(join(pod.folder, `oscar/event/part-00000${at}`), Buffer.from(binaryData.part, 'base64'));
  });
  const words = [...pod.container.command, ...pod.container.args].map(pod.moved);
  return run(pod, { words, env: pod.env, ...(options.onStart ? { onStart: options.onStart } : {}) });
}

/** Answers a call as a pod's watchdog would: with all that `fprocess` prints. The caller may be the daemon, or not. */
export async function runCall(task: Task, body: string, options: PodOptions & { byHand?: boolean }): Promise<Ended> {
  const pod = place(task.service, knativeService(task.service, options.settings, 'outside'), options);
  const variable = `Http_${taskHeader.replaceAll('-', '_')}`;
  const env = { ...pod.env, ...(options.byHand ? {} : { [variable]: task.id }) };
  return run(pod, { words: (pod.env.fprocess ?? '').split(' '), env, stdin: Buffer.from(body) });
}
