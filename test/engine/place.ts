import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../src/engine/docker.ts';
import type { ContainerSpec, Engine } from '../../src/engine/engine.ts';
import { removeLabelled } from '../../src/engine/labelled.ts';
import { usualSocket } from '../../src/engine/places.ts';

export const usualPath = '/var/run/docker.sock';

/** The engine of this machine, and marks for all that a test makes there. */
export async function openPlace() {
  const engine = await openEngine({ at: usualSocket, credentialsFor: async () => undefined });
  const id = randomBytes(6).toString('hex');
  const labels = { 'oscar-sandbox.data': id };
  const spec = (...command: string[]): ContainerSpec => ({
    Image: 'busybox:latest',
    Cmd: command,
    Labels: labels,
    HostConfig: { NetworkMode: 'none' },
  });
  let made = 0;
  const name = (word: string) => `${word}-${id}-${made++}`;
  const create = (...command: string[]) => engine.create(name('container'), spec(...command));
  return { engine, labels, spec, name, create, close: () => removeLabelled(engine, labels) };
}

export type Place = Awaited<ReturnType<typeof openPlace>>;

/** A folder that is there for one test. */
export async function createFolder() {
  const path = await mkdtemp(join(tmpdir(), 'engine-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A socket that leads to another place until it is cut. */
export async function createWay(
  at: string | { port: number; host: string },
  to: string | { port: number; host: string },
) {
  const open = new Set<Socket>();
  let passes = (_sent: Buffer): boolean => true;
  const server = createServer((near) => {
    const far = typeof to === 'string' ? dial(to) : dial(to);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => into.destroy());
      from.on('close', () => {
        open.delete(from);
        into.destroy();
      });
    }
    near.on('data', (chunk) => (passes(chunk) ? far.write(chunk) : near.destroy()));
    near.on('end', () => far.end());
    far.pipe(near);
  });
  const listen = () => new Promise<void>((resolve) => server.listen(at, resolve));
  await listen();
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return {
    port: () => (server.address() as { port: number }).port,
    /** Whether what a client sends is let through; else its connection breaks. */
    allow: (rule: (sent: Buffer) => boolean) => {
      passes = rule;
    },
    /** How many connections are open. */
    connections: () => open.size / 2,
    cut: close,
    mend: listen,
    close,
  };
}

/** An engine behind a way of its own. */
export async function openBehind(path: string): Promise<Engine> {
  const at = { address: `unix://${path}`, foundBy: 'a test', options: { socketPath: path } };
  return openEngine({ at, credentialsFor: async () => undefined });
}
