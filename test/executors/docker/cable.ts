import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../../src/engine/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';

/** The engine of this machine behind a socket that can be cut: as if it had stopped, for whoever uses it there. */
export interface Cable {
  engine: Engine;
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Lays a cable to the engine; `place` is where the engine seems to be. */
export async function layCable(place?: Engine['info']['place']): Promise<Cable> {
  const folder = await mkdtemp(join(tmpdir(), 'cable-'));
  const path = join(folder, 'engine.sock');
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const mend = async () => {
    server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => socket.destroy());
      }
      near.pipe(far);
      far.pipe(near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
  };
  const cut = async () => {
    const closed = new Promise((resolve) => server?.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    await rm(path, { force: true });
  };
  await mend();
  const at = { address: `unix://${path}`, foundBy: 'a cable', options: { socketPath: path } };
  const engine = await openEngine({ at, credentialsFor: async () => undefined });
  const close = async () => {
    await cut();
    await rm(folder, { recursive: true, force: true });
  };
  return { engine: place ? { ...engine, info: { ...engine.info, place } } : engine, cut, mend, close };
}
