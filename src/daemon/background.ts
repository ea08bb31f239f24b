import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from '../api/client.ts';
import type { Status } from '../api/protocol.ts';
import { type ErrorCode, SandboxError } from '../model/errors.ts';
import { makeDataFolder } from './datafolder.ts';
import { places, readStatus } from './files.ts';
import type { DaemonOptions } from './options.ts';

/** What the background process tells the one that started it, in this order. */
export type Told =
  | { kind: 'started'; status: Status; notes: readonly string[] }
  | { kind: 'progress' | 'trouble'; text: string }
  | { kind: 'served' }
  | { kind: 'failed'; code: ErrorCode; message: string; hint?: string };

/** Tells the process that started this one; that it may be gone by now is no error. */
export const tellStarter = (told: Told): Promise<void> =>
  new Promise((resolve) => {
    // Even while we seem connected it may be gone: without a callback that is an uncaught error.
    if (process.connected && process.send) process.send(told, () => resolve());
    else resolve();
  });

/** The sandbox that runs on a data folder, as it describes itself now; a file left by a dead one is none. */
export async function findDaemon(dataDir: string): Promise<Status | undefined> {
  const said = await readStatus(dataDir);
  if (!said || !isAlive(said.pid)) return undefined;
  const client = createClient(said);
  try {
    const status = await Promise.race([client.status(), silence(said)]);
    return status.pid === said.pid ? status : undefined;
  } catch (error) {
    // Its number may have gone to another program since, and its port too.
    if (error instanceof SandboxError && error.code === 'unavailable') throw error;
    return undefined;
  }
}

/** What to do about a data folder that another sandbox has. */
export const occupiedHint = 'Use that one, stop it with `oscar-sandbox down`, or start another with --data-dir.';

/** The sandbox that had the folder when another was started on it; undefined when none has turned up in ten seconds. */
export async function findOccupant(dataDir: string): Promise<Status | undefined> {
  const deadline = Date.now() + patience;
  for (;;) {
    const status = await findDaemon(dataDir);
    if (status || Date.now() > deadline) return status;
    // It has the lock, and has yet to say where it answers.
    await pause(50);
  }
}

const patience = 10_000;

async function silence({ api, pid }: Status): Promise<never> {
  await pause(patience, undefined, { ref: false });
  throw new SandboxError('unavailable', `The sandbox at ${api} (process ${pid}) does not answer.`, {
    hint: `Look into its log, or end it with: kill ${pid}`,
  });
}

/** A client for the sandbox of a data folder; throws when none runs. */
export async function connect(dataDir: string): Promise<{ client: Client; status: Status }> {
  const status = await findDaemon(dataDir);
  if (!status) {
    throw new SandboxError('not-running', `No sandbox runs on ${dataDir}.`, {
      hint: 'Start one with `oscar-sandbox up`, or name its folder with --data-dir.',
    });
  }
  return { client: createClient(status), status };
}

export interface BackgroundOptions {
  /** The words that start this program, to be started again as the daemon. */
  program: readonly [string, ...string[]];
  daemon: Omit<DaemonOptions, 'onHappening'>;
  /** Until the watched folder is served, not just until the ports answer. */
  wait: boolean;
  /** Hears what did not come as asked for, and what cannot be served. */
  onNote(sentence: string): void;
  /** Hears what takes long. */
  onProgress(line: string): void;
}

/** Starts the sandbox in a process of its own that outlives this one; answers when it serves. */
export async function startBackground({
  program,
  daemon,
  wait,
  onNote,
  onProgress,
}: BackgroundOptions): Promise<Status> {
  await makeDataFolder(daemon.dataDir);
  const logFile = places(daemon.dataDir).log;
  const log = await open(logFile, 'a', 0o600);
  // The options go through the channel: what is on a command line, everyone on the machine can read.
  const [executable, ...words] = program;
  const child = spawn(executable, [...words, 'serve', daemon.dataDir], {
    detached: true,
    cwd: daemon.dataDir,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  try {
    // Should it be gone already, its exit tells more than the broken channel.
    child.send(daemon, () => undefined);
    const status = await new Promise<Status>((resolve, reject) => {
      let status: Status | undefined;
      child.on('message', (told: Told) => {
        if (told.kind === 'failed') reject(new SandboxError(told.code, told.message, { hint: told.hint }));
        else if (told.kind === 'progress') onProgress(told.text);
        else if (told.kind === 'trouble') onNote(told.text);
        else if (told.kind === 'started') {
          status = told.status;
          for (const note of told.notes) onNote(note);
        }
        if (status && (!wait || told.kind === 'served')) resolve(status);
      });
      child.on('error', (error) => reject(unstartable(executable, error)));
      child.on('exit', (code, signal) => reject(died(logFile, signal ?? `exit code ${code}`)));
    });
    return wait ? await createClient(status).status() : status;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
    await log.close();
  }
}

const unstartable = (executable: string, cause: Error) =>
  new SandboxError('failed', `${executable} cannot be started: ${cause.message}.`, {
    hint: 'Was it moved or replaced just now? Then try again.',
    cause,
  });

const died = (logFile: string, how: string) =>
  new SandboxError('failed', `The sandbox ended while it started (${how}).`, { hint: `Why is in ${logFile}.` });

const grace = 30_000;

/** Asks the daemon to end and waits until it has. */
export async function stopDaemon({ pid }: Status): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + grace;
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      throw new SandboxError('timeout', `The sandbox (process ${pid}) has not ended in ${grace / 1000} s.`, {
        hint: `End it at once with: kill -9 ${pid}`,
      });
    }
    await pause(20);
  }
}

/** Is there a process of this number? One of another user counts; one that is over and was not collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// In a container the first process often collects nobody, so an ended daemon keeps its number there.
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No such file: not Linux, or gone this very moment, which the next look finds out.
    return false;
  }
}
