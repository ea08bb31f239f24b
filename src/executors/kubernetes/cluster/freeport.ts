import { createServer } from 'node:net';

/** The port itself when it is free, else any free one; 0 is any. */
export async function freePort(host: string, wanted: number): Promise<number> {
  return (await tried(host, wanted)) ?? (await tried(host, 0)) ?? wanted;
}

const tried = (host: string, port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const { port: chosen } = server.address() as { port: number };
      server.close(() => resolve(chosen));
    });
  });
