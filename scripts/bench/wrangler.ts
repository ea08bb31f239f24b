import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, send } from './request.ts';

const version = '4.164.0';
const cache = process.env.OSCAR_SANDBOX_BENCH_CACHE ?? join(tmpdir(), 'oscar-sandbox-bench-cache');
const program = join(cache, 'node_modules/wrangler/bin/wrangler.js');

/** `wrangler dev` with one worker that answers a text. */
export interface Wrangler {
  name: string;
  save(text: string): void;
  ask(): Promise<string>;
  stop(): Promise<void>;
}

const quiet = {
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  CI: '1',
  NO_COLOR: '1',
};

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));

/** Puts the peer into a folder outside of this project, once. */
async function install(): Promise<void> {
  if (existsSync(program)) return;
  mkdirSync(cache, { recursive: true });
  const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--loglevel=error'];
  const npm = spawn('npm', ['install', '--prefix', cache, ...flags, `wrangler@${version}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  if ((await ended(npm)) !== 0)
    throw new Error(`npm could not install wrangler ${version}: ${complaint.trim().slice(-300)}`);
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

async function untilReady(ask: () => Promise<string>, child: ChildProcess): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end && child.exitCode === null) {
    if ((await ask()) === 'start') return;
    await pause(100);
  }
  throw new Error(
    `wrangler dev ${child.exitCode === null ? 'did not answer in a minute' : `ended with ${child.exitCode}`}.`,
  );
}

/** Installs it if need be and starts it; throws a sentence when it cannot be had. */
export async function startWrangler(): Promise<Wrangler> {
  await install();
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-bench-worker-'));
  const save = (text: string): void =>
    writeFileSync(
      join(folder, 'worker.js'),
      `export default { fetch: () => new Response(${JSON.stringify(text)}) };\n`,
    );
  save('start');
  const port = await freePort();
  const flags = [
    '--port',
    String(port),
    '--ip',
    '127.0.0.1',
    '--compatibility-date',
    '2025-01-01',
    '--show-interactive-dev-session=false',
  ];
  const child = spawn(process.execPath, [program, 'dev', 'worker.js', ...flags], {
    cwd: folder,
    env: quiet,
    stdio: 'ignore',
  });
  const gone = ended(child);
  // While it builds, it may let a connection fall.
  const ask = (): Promise<string> =>
    send(`http://127.0.0.1:${port}/`).then(
      ({ body }) => body,
      () => '',
    );
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  await untilReady(ask, child).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { name: `wrangler dev ${version}`, save, ask, stop };
}
