import { spawn, spawnSync } from 'node:child_process';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/** The image that every measured container has, ours and the peers'. */
export const image = 'busybox';

const asked = (...args: string[]): string | undefined => {
  const { status, stdout } = spawnSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
};

/** Where the engine that `docker` reaches answers. */
const socketPath = (
  process.env.DOCKER_HOST ??
  asked('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}') ??
  ''
).replace(/^unix:\/\//, '');

/** Why nothing can be measured on an engine here; undefined when it can. */
export function engineMissing(): string | undefined {
  if (asked('version') === undefined) return 'no container engine answers `docker`';
  if (!socketPath.startsWith('/')) return `the engine at ${socketPath} is not reached over a socket of this machine`;
  return asked('image', 'inspect', image) === undefined ? `the image ${image} is not here` : undefined;
}

/** Runs `docker` to its end; what it prints. */
export function docker(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`docker ${args[0]} ended with ${code}.`)),
    );
  });
}

/** A request to the Engine API with nothing around it; it has to succeed. */
function ask(method: string, path: string, body?: unknown): Promise<string> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers }, (answer) => {
      let out = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        out += part;
      });
      const failed = (answer.statusCode ?? 500) >= 400;
      answer.on('end', () => (failed ? reject(new Error(`${method} ${path} is answered: ${out}`)) : resolve(out)));
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** The limits of the measured services, as the Engine API takes them. */
const limits = { Memory: 64 * 2 ** 20, MemorySwap: 64 * 2 ** 20, NanoCpus: 1e9 };

async function create(script: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { Image: image, Cmd: ['/bin/sh', '-c', script], HostConfig: limits, ...more };
  return (JSON.parse(await ask('POST', '/containers/create', body)) as { Id: string }).Id;
}

/** One container from its making to its removal, by the fewest requests. */
export async function containerByHand(script: string): Promise<void> {
  const id = await create(script);
  const ended = ask('POST', `/containers/${id}/wait?condition=next-exit`);
  await ask('POST', `/containers/${id}/start`);
  await ended;
  await ask('DELETE', `/containers/${id}?v=true`);
}

function attach(id: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${id}/attach?stream=1&stdin=1&stdout=1`;
    const sent = request({ socketPath, method: 'POST', path, headers: { connection: 'Upgrade', upgrade: 'tcp' } });
    sent.on('upgrade', (_, socket) => resolve(socket));
    sent.on('response', (answer) => reject(new Error(`attach is answered ${answer.statusCode}.`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** A shell that waits in a container, and forks a script for each line it is sent. */
export interface BareLoop {
  id: string;
  /** Resolves when the script has run once. */
  run(): Promise<void>;
  remove(): Promise<void>;
}

/** The least that a call in a container can cost: a fork by a loop that is reached over the attached streams. */
export async function bareLoop(script: string): Promise<BareLoop> {
  const loop = `printf '%s' "$SCRIPT" > /script.sh; while read -r line; do /bin/sh /script.sh; done`;
  const streams = { OpenStdin: true, AttachStdin: true, AttachStdout: true, Env: [`SCRIPT=${script}`] };
  const id = await create(loop, streams);
  const socket = await attach(id);
  let heard: () => void = () => undefined;
  socket.on('data', () => heard());
  await ask('POST', `/containers/${id}/start`);
  return {
    id,
    run: () =>
      new Promise((resolve) => {
        heard = resolve;
        socket.write('\n');
      }),
    remove: async () => {
      socket.destroy();
      await ask('DELETE', `/containers/${id}?force=true&v=true`);
    },
  };
}
