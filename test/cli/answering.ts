import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Status } from '../../src/api/protocol.ts';

export interface Asked {
  method: string;
  path: string;
  body: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer | object;
  /** The answer stays open after its body. */
  open?: true;
}

/** A server that says it is the sandbox of this data folder, and answers by a table of `METHOD /path`. */
export async function startAnswering(dataDir: string, table: Record<string, Reply | ((asked: Asked) => Reply)>) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const status = statusOf(api, dataDir);
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, 'daemon.json'), JSON.stringify(status));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url = '' } = request;
    const one = { method, path: url, body: Buffer.concat(parts).toString('latin1') };
    if (url === '/sandbox/status') return void response.end(JSON.stringify(status));
    asked.push(one);
    const row = table[`${method} ${url}`] ?? { status: 404, body: '404 page not found' };
    const { status: code = 200, headers = {}, body = '', open } = typeof row === 'function' ? row(one) : row;
    response.writeHead(code, headers);
    response.write(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    if (!open) response.end();
  }
  return {
    api,
    status,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

const statusOf = (api: string, dataDir: string): Status => ({
  version: '0.1.0',
  // The order differs from what is printed on purpose.
  services: 1,
  jobs: { Pending: 0, Running: 1, Succeeded: 2, Failed: 3 },
  api,
  s3: api,
  dashboard: `${api}/`,
  user: 'oscar',
  password: "it's secret",
  accessKey: 'minio',
  secretKey: 'key',
  executor: 'local',
  executorDetail: 'warm shells',
  exposed: 'http://127.0.0.1:8081',
  objects: 'embedded',
  dataDir,
  pid: process.pid,
});
