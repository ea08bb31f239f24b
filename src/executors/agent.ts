import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { SandboxError } from '../model/errors.ts';
import { endMark } from './agentscript.ts';
import { createScanner, type Scanner } from './mark.ts';

/** The three streams of a shell that runs the agent's script, wherever that is. */
export interface Channel {
  input: Writable;
  output: Readable;
  control: Readable;
  /** Ends the shell and all that it started, at once. */
  kill(): void;
  /** Resolves when it is gone and its streams are read, with how it went: `SIGKILL`, `exit code 1`. */
  ended: Promise<string>;
}

export interface AgentTask {
  /** The task's folder, as the place sees it: holds `env`, `script.sh` and `work/`. */
  folder: string;
  onOutput(chunk: Buffer): void;
  /** An abort ends the agent, and with it the task. */
  signal?: AbortSignal;
}

/** How a task ended. */
export interface Ran {
  exitCode: number;
  /** Not 0 when it left something running, or ended what was not its own, where the agent can tell. */
  left?: number;
  /** How many processes were killed so far because the memory was used up, where the agent knows. */
  oomKills?: number;
}

/** A warm shell that runs one task at a time. */
export interface Agent {
  alive(): boolean;
  /** Resolves when the task and all that could still print are done; rejects when the agent dies. */
  run(task: AgentTask): Promise<Ran>;
  kill(): void;
  ended: Promise<string>;
}

interface Current {
  nonce: string;
  scanner: Scanner;
  exitCode?: number;
  marked: boolean;
  /** What was told at its end. */
  told?: Omit<Ran, 'exitCode'>;
  done(ran: Ran): void;
  fail(error: Error): void;
}

/** The shell that ran the script was itself killed: nobody could tell how the script ended. */
const KILLED = 137;

/** Speaks with the agent's script at the other end of a channel, and lets it begin. */
export function createAgent(channel: Channel): Agent {
  let current: Current | undefined;
  let alive = true;
  let control = '';

  const settle = () => {
    if (!current?.marked || !current.told) return;
    const { done, exitCode = KILLED, told } = current;
    current = undefined;
    done({ exitCode, ...told });
  };
  const onControl = (line: string) => {
    const [nonce, word, ...counts] = line.split(' ');
    if (!current || nonce !== current.nonce) return;
    if (word === 'exit') current.exitCode = Number(counts[0]);
    if (word === 'end') current.told = readCounts(counts);
    settle();
  };

  channel.output.on('data', (chunk: Buffer) => {
    if (!current?.scanner.push(chunk)) return;
    current.marked = true;
    settle();
  });
  channel.control.on('data', (chunk: Buffer) => {
    const lines = (control + chunk.toString('latin1')).split('\n');
    control = (lines.pop() ?? '').slice(0, 4096);
    for (const line of lines) onControl(line);
  });
  const ended = channel.ended.then((how) => {
    alive = false;
    current?.scanner.flush();
    current?.fail(new SandboxError('failed', `The worker ended in the middle of the task (${how}).`));
    current = undefined;
    return how;
  });
  channel.input.write('go\n');

  const run = ({ folder, onOutput, signal }: AgentTask): Promise<Ran> => {
    if (current) throw new SandboxError('internal', 'A worker that is busy was given a task.');
    if (!alive) return Promise.reject(new SandboxError('failed', 'The worker ended before the task began.'));
    const nonce = randomBytes(16).toString('hex');
    const result = new Promise<Ran>((done, fail) => {
      current = { nonce, scanner: createScanner(endMark(nonce), onOutput), marked: false, done, fail };
    });
    if (signal?.aborted) channel.kill();
    else channel.input.write(`run ${nonce} ${folder}\n`);
    signal?.addEventListener('abort', channel.kill);
    return result.finally(() => signal?.removeEventListener('abort', channel.kill));
  };
  return { alive: () => alive, run, kill: channel.kill, ended };
}

/** Whether a task left processes, and how many were killed for memory; what is not told is left out. */
export function readCounts([left, oomKills]: string[]): Omit<Ran, 'exitCode'> {
  return { ...(left ? { left: Number(left) } : {}), ...(oomKills ? { oomKills: Number(oomKills) } : {}) };
}
