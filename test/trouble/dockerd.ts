import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { docker } from '../docker.ts';

// A machine that is busy is no failure.
const patience = { timeout: 60_000, interval: 50 };

/** An engine of a test's own, which may be stopped: in a network namespace of its own, so that it touches no other. */
export interface OwnEngine {
  /** For DOCKER_HOST. */
  address: string;
  /** Before the words of a program that is to be in its network, once it was started: as if both were on one machine. */
  inside(): string[];
  start(): Promise<void>;
  /** Ends it; its containers end with it, or, when it is killed, at its next start. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Ends it and removes what it kept. */
  remove(): Promise<void>;
}

// It ends with the tests, in whatever way they end.
const bound = ['setpriv', '--pdeathsig', 'TERM'];

/** An engine that is not started yet, with what it keeps in a folder below this one; needs root. */
export function createEngine(below = tmpdir()): OwnEngine {
  const folder = mkdtempSync(join(below, 'engine-'));
  const address = `unix://${folder}/docker.sock`;
  let engine: ChildProcess | undefined;
  // The network is there as long as this process is, whatever becomes of the engine.
  let network: ChildProcess | undefined;
  const place = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run')];
  const flags = ['--pidfile', join(folder, 'pid'), '--host', address, '--shutdown-timeout', '1'];
  const inside = () => ['nsenter', `--net=/proc/${network?.pid}/ns/net`];
  const openNetwork = async () => {
    const words = ['--net', ...bound, 'sh', '-c', 'ip link set lo up && echo up && exec sleep infinity'];
    const opened = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(opened.stdout, 'data');
    network = opened;
  };
  const begin = () => {
    const [program = '', ...words] = [...inside(), ...bound, 'dockerd', ...place, ...flags];
    engine = spawn(program, words, { stdio: 'ignore' });
  };

  const stop: OwnEngine['stop'] = async (signal) => {
    const ending = engine;
    if (!ending || ending.exitCode !== null) return;
    const gone = new Promise((resolve) => ending.once('close', resolve));
    ending.kill(signal);
    await gone;
    engine = undefined;
  };
  return {
    address,
    inside,
    start: async () => {
      if (!network) await openNetwork();
      await vi.waitFor(() => {
        // One that ends is started again, as an init system does: what its predecessor left may still be ending.
        if (!engine || engine.exitCode !== null) begin();
        docker('--host', address, 'version');
      }, patience);
    },
    stop,
    remove: async () => {
      await stop('SIGTERM');
      network?.kill();
      const containerd = join(folder, 'run/containerd/containerd.pid');
      if (existsSync(containerd)) throw new Error(`containerd runs still: ${readFileSync(containerd, 'utf8')}`);
      // One that is killed while it makes a container may leave what was to watch over that.
      for (const pid of naming(`${folder}/`)) spawnSync('kill', [pid]);
      // One that was killed left its mounts; the newest go first.
      const mounts = readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .map((line) => line.split(' ')[1] ?? '');
      for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse()) {
        execFileSync('umount', [mount]);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The processes whose command line has this in it. */
const naming = (words: string): string[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 })
    .split('\n')
    .filter((line) => line.includes(words))
    .map((line) => line.trim().split(' ')[0] ?? '');
