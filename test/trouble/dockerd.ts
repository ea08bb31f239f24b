import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { docker } from '../docker.ts';
import { patience } from './scene.ts';

/** An engine of a test's own, which may be stopped: in a network namespace of its own, so that it touches no other. */
export interface OwnEngine {
  /** For DOCKER_HOST. */
  address: string;
  start(): Promise<void>;
  /** Ends it; its containers end with it, or, when it is killed, at its next start. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Ends it and removes what it kept. */
  remove(): Promise<void>;
}

/** An engine that is not started yet; needs root. */
export function createEngine(): OwnEngine {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  const address = `unix://${folder}/docker.sock`;
  let engine: ChildProcess | undefined;
  const place = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run')];
  const flags = ['--pidfile', join(folder, 'pid'), '--host', address, '--shutdown-timeout', '1'];

  // It ends with the tests, in whatever way they end.
  const bound = ['--net', 'setpriv', '--pdeathsig', 'TERM', 'dockerd'];

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
    start: () =>
      vi.waitFor(() => {
        // One that ends is started again, as an init system does: what its predecessor left may still be ending.
        if (!engine || engine.exitCode !== null)
          engine = spawn('unshare', [...bound, ...place, ...flags], { stdio: 'ignore' });
        docker('--host', address, 'version');
      }, patience),
    stop,
    remove: async () => {
      await stop('SIGTERM');
      const containerd = join(folder, 'run/containerd/containerd.pid');
      if (existsSync(containerd)) throw new Error(`containerd runs still: ${readFileSync(containerd, 'utf8')}`);
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
