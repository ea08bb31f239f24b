import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Manifest } from '../../../src/engine/cluster.ts';
import { configMap } from '../../../src/executors/kubernetes/manifests/config.ts';
import { job } from '../../../src/executors/kubernetes/manifests/job.ts';
import { knativeService } from '../../../src/executors/kubernetes/manifests/knative.ts';
import { taskHeader } from '../../../src/executors/kubernetes/manifests/lines.ts';
import { createLogReader, readAnswer } from '../../../src/executors/kubernetes/manifests/record.ts';
import type { Service } from '../../../src/model/service.ts';
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { partsFolder } from '../../kind/parts.ts';
import { required } from '../../release.ts';
import { containerIn } from './pod.ts';
import { settingsOf } from './settings.ts';

const isRoot = process.getuid?.() === 0;
const watchdog = join(partsFolder, 'oscar-bin/fwatchdog');
const hasWatchdog = required || existsSync(watchdog);
if (!isRoot) console.warn('Skipped: only root may make namespaces, so no lines of ours run as a first process.');
if (isRoot && !hasWatchdog) console.warn(`Skipped: ${watchdog} is not there, so no watchdog runs between our lines.`);

const settings = settingsOf();
const folders: string[] = [];
const children: ChildProcess[] = [];
afterAll(() => {
  // Everything in a container goes with what made it.
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The folder that a container sees as `/oscar`, and how its first process is started. */
function prepared(service: Service, manifest: Manifest): { folder: string; command: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'container-'));
  folders.push(folder);
  chmodSync(folder, 0o755);
  for (const name of ['config', 'bin']) mkdirSync(join(folder, name));
  const { data } = configMap(service, settings) as unknown as { data: Record<string, string> };
  for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, 'config', name), text);
  copyFileSync(join(import.meta.dirname, 'supervisor.sh'), join(folder, 'bin/supervisor'));
  if (existsSync(watchdog)) copyFileSync(watchdog, join(folder, 'bin/fwatchdog'));
  const { command, args, env } = containerIn(manifest);
  const variables = env.flatMap(({ name, value }) => (value === undefined ? [] : [`${name}=${value}`]));
  return { folder, command: ['/usr/bin/env', '-i', 'PATH=/usr/bin:/bin', ...variables, ...command, ...args] };
}

interface Container {
  /** The first process, as this machine numbers it. */
  pid: number;
  log(): string;
  ended: Promise<number | null>;
}

async function start(service: Service, manifest: Manifest, user: number): Promise<Container> {
  const { folder, command } = prepared(service, manifest);
  const script = join(import.meta.dirname, 'container.sh');
  // Nodes read what containers print from pipes, which others can open, too; ours to children are sockets.
  const pipe = join(folder, 'log');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = openSync(pipe, 'w');
  const child: ChildProcess = spawn(script, [folder, String(user), ...command], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  children.push(child);
  let log = '';
  reader.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const read = new Promise((resolve) => reader.once('close', resolve));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => read.then(() => resolve(code))));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const inner = () =>
    isOver() ? 'none' : readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  await vi.waitFor(() => expect(inner()).not.toBe(''));
  return { pid: Number(inner()), log: () => log, ended };
}

const linesOf = (id: string, log: string): { lines: string[]; exitCode: number | undefined } => {
  const lines: string[] = [];
  const reader = createLogReader(id, (line) => lines.push(line));
  for (const line of log.split('\n').slice(0, -1)) reader.push(line);
  return { lines, exitCode: reader.record()?.exitCode };
};

describe.runIf(isRoot).each([
  ['root', 0],
  ['nobody', 65534],
])('in a container that runs as %s', (_, user) => {
  const printed = 'id -u; echo begun';

  it('a job’s log has what its script prints, and the container ends with its code', async () => {
    const task = taskOf(declared({ name: 'demo', script: `${printed}; exit 7` }), 'aGk=', { kind: 'job' });
    const { ended, log } = await start(task.service, job(task, Buffer.from('aGk='), settings), user);
    expect(await ended).toBe(7);
    const { lines, exitCode } = linesOf(task.id, log());
    expect(lines.slice(1)).toEqual([String(user), 'begun']);
    expect(exitCode).toBe(7);
  });

  it('a job that is told to go ends at once, whatever its script thinks of that', async () => {
    const script = `trap "" TERM; ${printed}; sleep 1000`;
    const task = taskOf(declared({ name: 'demo', script }), '', { kind: 'job' });
    const { ended, log, pid } = await start(task.service, job(task, Buffer.alloc(0), settings), user);
    await vi.waitFor(() => expect(log()).toContain('begun'), { timeout: 20_000 });
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(143);
  });

  it.runIf(hasWatchdog)('the watchdog takes calls, and goes as soon as it is told to', async () => {
    const script = 'echo "hello $(cat "$INPUT_FILE_PATH")"; [ "$Http_Query" != fail ] || exit 7';
    const service = declared({ name: 'demo', script });
    const { ended, log, pid } = await start(service, knativeService(service, settings, 'outside'), user);
    const call = (query: string, ...more: string[]): Buffer =>
      execFileSync('nsenter', [
        ...['-t', String(pid), '-n', 'curl', '-s', '--max-time', '20', '-w', ' %{http_code}'],
        ...['--data-binary', 'you', ...more, `http://127.0.0.1:8080/${query}`],
      ]);
    const header = ['-H', `${taskHeader}: demo-1`];
    await vi.waitFor(() => expect(log()).toContain('lock-file'), { timeout: 20_000 });
    expect(call('').toString()).toBe('hello you\n\n 200');
    const answer = call('', ...header);
    expect(readAnswer('demo-1', answer)).toMatchObject({ record: { exitCode: 0, form: 'output', files: [] } });
    expect(readAnswer('demo-1', answer)?.payload.toString()).toBe('hello you\n 200');
    const failed = call('?fail', ...header);
    expect(readAnswer('demo-1', failed)?.record.exitCode).toBe(7);
    expect(failed.toString()).toMatch(/^exit status 7\n.*\nhello you\n 500$/s);
    await vi.waitFor(() => expect(linesOf('demo-1', log())).toEqual({ lines: ['hello you'], exitCode: 0 }));
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(0);
  });
});
