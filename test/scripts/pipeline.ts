import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '../..');

export interface Step {
  id?: string;
  if?: string;
  uses?: string;
  with?: Record<string, string>;
  run?: string;
  env?: Record<string, string>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A machine of a pipeline: a home and a checked out folder of its own, and a release that it can download. */
export interface Runner {
  /** Where the release is. */
  base: string;
  /** Runs a script with bash, as pipelines do. */
  bash(script: string, env?: Record<string, string>): Promise<Ended>;
  /** Is the program installed? */
  installed(): boolean;
  close(): Promise<void>;
}

/** The stand-in for the program that releases hold: it starts the sources. */
const program = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"\n`;

function release(): Map<string, Buffer | string> {
  const archive = gzipSync(program);
  const sum = createHash('sha256').update(archive).digest('hex');
  const name = `oscar-sandbox-${process.platform}-${process.arch}.gz`;
  const files: [string, Buffer | string][] = [
    [name, archive],
    ['SHA256SUMS', `${sum}  ${name}\n`],
    ['install.sh', readFileSync(join(root, 'install.sh'))],
  ];
  return new Map(files.map(([file, content]) => [`/release/${file}`, content]));
}

async function serve(files: Map<string, Buffer | string>) {
  const server = createServer(({ url = '' }, answer) => {
    const content = files.get(url);
    answer.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/release`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** A runner whose folder has `services` with the service echo, and `hello.txt`. */
export async function createRunner(): Promise<Runner> {
  const home = mkdtempSync(join(tmpdir(), 'sandbox-runner-'));
  const cwd = join(home, 'checkout');
  const stubs = join(home, 'stubs');
  for (const folder of [cwd, stubs]) mkdirSync(folder);
  cpSync(join(root, 'templates/echo'), join(cwd, 'services'), { recursive: true });
  writeFileSync(join(cwd, 'hello.txt'), 'hello\n');
  // What it would install is here.
  writeFileSync(join(stubs, 'apt-get'), '#!/bin/sh\n');
  chmodSync(join(stubs, 'apt-get'), 0o755);
  const { base, close } = await serve(release());
  const ports = { OSCAR_SANDBOX_PORT: '0', OSCAR_SANDBOX_S3_PORT: '0', OSCAR_SANDBOX_EXPOSED_PORT: '0' };
  const here = { HOME: home, PATH: `${stubs}:/usr/local/bin:/usr/bin:/bin`, OSCAR_SANDBOX_BASE_URL: base };
  // The scripts run on this machine, whatever engine it has.
  const fixed = { ...here, ...ports, DOCKER_HOST: `unix://${home}/none.sock` };
  const bash: Runner['bash'] = (script, env = {}) => run(script, { cwd, env: { ...fixed, ...env } });
  const installed = () => existsSync(join(home, '.local/bin/oscar-sandbox'));
  return {
    base,
    bash,
    installed,
    close: async () => {
      if (installed()) await bash('"$HOME/.local/bin/oscar-sandbox" down');
      await close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function run(script: string, options: { cwd: string; env: Record<string, string> }): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const flags = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
    const child = spawn('bash', flags, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

const readIf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** Puts values in for `${{ … }}`; one that is unknown is an error. */
export const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/\$\{\{ (.+?) \}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Nothing is known of \${{ ${name} }}.`);
    return value;
  });

/** Runs steps as GitHub does: outputs and the path are handed on through files. */
export async function runSteps(runner: Runner, steps: Step[], values: Record<string, string>): Promise<Ended> {
  const files = mkdtempSync(join(tmpdir(), 'sandbox-steps-'));
  const [output, path] = [join(files, 'output'), join(files, 'path')];
  const all: Ended = { code: 0, stdout: '', stderr: '' };
  try {
    for (const { id, run: script, env = {} } of steps) {
      if (script === undefined) continue;
      writeFileSync(output, '');
      const own = Object.entries(env).map(([name, text]) => [name, filled(text, values)] as const);
      const github = { GITHUB_OUTPUT: output, GITHUB_PATH: path, GITHUB_SERVER_URL: 'https://github.example' };
      const extra = readIf(path).split('\n').filter(Boolean).join(':');
      const ended = await runner.bash(`PATH=${extra ? `${extra}:` : ''}$PATH\n${script}`, {
        ...github,
        GITHUB_ACTION_PATH: join(root, '.github/actions/sandbox'),
        ...Object.fromEntries(own),
      });
      all.stdout += ended.stdout;
      all.stderr += ended.stderr;
      all.code = ended.code;
      if (ended.code !== 0) break;
      for (const [, name, value] of readFileSync(output, 'utf8').matchAll(/^([^=]+)=(.*)$/gm)) {
        values[`steps.${id}.outputs.${name}`] = value ?? '';
      }
    }
    return all;
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
}
