import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SandboxError } from '../model/errors.ts';

export interface Port {
  number: number;
  /** The user asked for this very port: a busy one is an error. Otherwise the next free one is taken. */
  explicit: boolean;
}

const tries = 50;

/** How a port is spoken of. */
export interface Naming {
  what: string;
  flag: string;
  /** Hears the sentence that says where it moved to, and why. */
  onMoved?(sentence: string): void;
}

/** Listens on the port, or on the next free one when nobody asked for this very one; answers where it listens. */
export async function listenFrom(
  port: Port,
  listen: (number: number) => Promise<number>,
  { what, flag, onMoved }: Naming,
): Promise<number> {
  const attempts = port.explicit || port.number === 0 ? 1 : tries;
  for (let offset = 0; offset < attempts; offset++) {
    try {
      const number = await listen(port.number + offset);
      if (offset > 0) onMoved?.(`Port ${port.number} is in use: ${what} is on ${number}.`);
      return number;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw refused(error, port, { what, flag });
    }
  }
  throw new SandboxError('conflict', `Port ${port.number} for ${what} is in use.`, {
    hint: `Stop what uses it, or choose another with ${flag} (0 is any free one).`,
  });
}

/** The ports of this program's own servers, and how they are spoken of. */
export const apiNaming: Naming = { what: 'the API', flag: '--port' };
export const exposedNaming: Naming = { what: 'the exposed origin', flag: '--exposed-port' };

/** Throws when a port that was asked for is in use: what takes long to make is not made for nothing. */
export async function demandFree(host: string, ports: [Port, Naming][]): Promise<void> {
  for (const [port, naming] of ports.filter(([{ explicit, number }]) => explicit && number !== 0)) {
    const server = createServer();
    await listenFrom(port, (number) => listenHttp(server, host, number), naming);
    await new Promise((resolve) => server.close(resolve));
  }
}

function refused(error: unknown, port: Port, { what, flag }: Naming): SandboxError {
  // A store of objects that is elsewhere has its own sentence.
  if (error instanceof SandboxError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'EACCES' ? 'this user may not open it' : message;
  return new SandboxError('invalid', `Port ${port.number} for ${what} cannot be opened: ${why}.`, {
    hint: `Choose another with ${flag}.`,
    cause: error,
  });
}

/** Starts an HTTP server on an address; answers its port. */
export const listenHttp = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

/** Stops an HTTP server now: what is still connected is cut. */
export function stopHttp(server: Server): void {
  server.close();
  server.closeAllConnections();
}
