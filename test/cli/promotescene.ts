import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createHome, type DriveOptions } from './drive.ts';

export interface Asked {
  method: string;
  path: string;
  authorization: string;
  body: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | object;
}

export interface StandInOptions {
  /** What it calls itself; undefined is an answer without a version. */
  version?: string;
  services?: object[] | null;
  /** Answers of its own for `METHOD /path` or `METHOD name`; `hang` never comes, `cut` ends before it is whole, `endless` never ends. */
  replies?: Record<string, Reply | 'hang' | 'cut' | 'endless'>;
  /** PEM; makes it speak TLS. */
  certificate?: Certificate;
}

export interface Certificate {
  key: string;
  cert: string;
}

/** A server that looks like an OSCAR of this version from afar, and remembers what it was asked. */
export async function startStandIn({ version = 'v4.1.2', services = [], replies = {}, certificate }: StandInOptions) {
  const asked: Asked[] = [];
  const usual: Record<string, Reply> = {
    'GET /system/info': { body: { version } },
    'GET /system/services': { body: JSON.stringify(services) },
    'POST /system/services': { status: 201 },
    'PUT /system/services': { status: 204 },
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url: path = '', headers } = request;
    const body = Buffer.concat(parts).toString();
    asked.push({ method, path, authorization: headers.authorization ?? '', body });
    const name = body.startsWith('{') ? String(JSON.parse(body).name) : '';
    const reply = replies[`${method} ${name}`] ?? replies[`${method} ${path}`] ?? usual[`${method} ${path}`];
    if (reply === 'hang') return;
    if (reply === 'cut') return void response.destroy();
    if (reply === 'endless') return pour(response);
    const { status = 200, headers: extra = {}, body: said = '' } = reply ?? { status: 404, body: '404 page not found' };
    response.writeHead(status, extra).end(typeof said === 'string' ? said : JSON.stringify(said));
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  const server = certificate ? createHttps(certificate, listener) : createHttp(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    asked,
    /** What was written: `POST name`, in order. */
    sent: () =>
      asked.filter(({ method }) => method !== 'GET').map(({ method, body }) => `${method} ${JSON.parse(body).name}`),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function pour(response: ServerResponse): void {
  const part = Buffer.alloc(1024 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(part));
  };
  response.on('drain', more);
  more();
}

/** A certificate that signs itself, for these names. */
export function selfSigned(names: string): Certificate {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const about = ['-subj', '/CN=stand-in', '-addext', `subjectAltName=${names}`, '-days', '2', '-keyout', '-'];
  const both = execFileSync('openssl', [...request, ...about], { encoding: 'utf8', stdio: 'pipe' });
  const part = (what: RegExp) => what.exec(both)?.[0] ?? '';
  return {
    key: part(/-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----\n/),
    cert: part(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n/),
  };
}

/** A user with a folder of services and a configuration of oscar-cli, and no container engine. */
export function createUser() {
  const home = createHome();
  const write = (path: string, text: string) => {
    const file = join(home.home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  return {
    ...home,
    write,
    /** As oscar-cli 2 writes it. */
    knows: (clusters: Record<string, object>, standard = Object.keys(clusters)[0]) => {
      const lines = Object.entries(clusters).flatMap(([name, cluster]) => [
        `  ${name}:`,
        ...Object.entries({ ...cluster, memory: '256Mi', log_level: 'INFO' }).map(
          ([key, value]) => `    ${key}: ${value}`,
        ),
      ]);
      return write('.oscar-cli/config.yaml', ['oscar:', ...lines, `default: ${standard}`, ''].join('\n'));
    },
    promote: (args = '', { env, ...options }: DriveOptions = {}) =>
      home.drive(['promote', ...args.split(' ').filter(Boolean)], {
        ...options,
        env: { DOCKER_HOST: 'unix:///nowhere', ...env },
      }),
  };
}

/** A file with these services: the rest of each is what every one needs. */
export const fdl = (services: Record<string, string>, cluster = 'default-cluster'): string =>
  [
    'functions:',
    '  oscar:',
    ...Object.entries(services).flatMap(([name, more]) => [
      `    - ${cluster}:`,
      `        name: ${name}`,
      '        image: docker.io/library/busybox',
      '        script: script.sh',
      ...more
        .split('\n')
        .filter(Boolean)
        .map((line) => `        ${line}`),
    ]),
    '',
  ].join('\n');
