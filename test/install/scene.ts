import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Ended } from '../program.ts';
import { required } from '../release.ts';

export const script = join(import.meta.dirname, '../../install.sh');

/** Where a program of this machine is. */
export const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** Those of these programs that can be tried: where all are required, one that is missing fails. */
export const tried = (programs: string[]): string[] => {
  const missing = required ? [] : programs.filter((name) => !onPath(name));
  for (const name of missing) console.warn(`Skipped: ${name} is not to be had.`);
  return programs.filter((name) => !missing.includes(name));
};

/** The shells that people pipe scripts into. */
export const shells = tried(['dash', 'bash', 'busybox', 'zsh']);

/** What the installer may find; Node.js is not among them. */
const tools = [
  ...[
    'cat',
    'chmod',
    'cp',
    'curl',
    'getconf',
    'grep',
    'gzip',
    'head',
    'ldd',
    'ln',
    'mkdir',
    'mv',
    'openssl',
    'rm',
    'rmdir',
    'sed',
  ],
  ...['sha256sum', 'shasum', 'sleep', 'sw_vers', 'sysctl', 'tr', 'uname', 'wget'],
];

export interface InstallOptions {
  args?: string[];
  env?: Record<string, string | undefined>;
  /** The one of `shells` that reads the script. */
  shell?: string;
  /** The script, if it is not all of it. */
  text?: string;
  /** What is typed instead, with further programs of this machine. */
  line?: string;
  also?: string[];
  /** Programs that are not to be had. */
  without?: string[];
  /** Programs that come first, as the text of a shell script. */
  inPlace?: Record<string, string>;
  /** Runs as this user, who is nobody else. */
  uid?: number;
  /** Where it is typed. */
  cwd?: string;
  /** Is given the process as soon as it is there. */
  onStart?: (child: ChildProcess) => void;
}

export type Scene = ReturnType<typeof createScene>;

/** An empty home on a machine without Node.js. */
export function createScene() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sandbox-install-')));
  chmodSync(root, 0o755);
  const home = join(root, 'home');
  const calls = join(root, 'calls');
  mkdirSync(home);
  writeFileSync(calls, '');
  return {
    root,
    home,
    /** What the stand-in program was told. */
    calls: () => readFileSync(calls, 'utf8').split('\n').slice(0, -1),
    /** Everything in the home folder, with what would tell a change. */
    listing: () => listing(home),
    /** Pipes the script into a shell. */
    install: (base: string, options: InstallOptions = {}): Promise<Ended> => {
      const path = foldersOf({ root, ...options }).join(delimiter);
      const env = { HOME: home, PATH: path, CALLS: calls, OSCAR_SANDBOX_BASE_URL: base, ...options.env };
      return pipe({ cwd: home, ...options, env });
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

type Tools = Pick<InstallOptions, 'without' | 'inPlace' | 'also'> & { root: string };

function foldersOf({ root, without = [], inPlace = {}, also = [] }: Tools): string[] {
  const [first, rest] = [mkdtempSync(join(root, 'in-place-')), mkdtempSync(join(root, 'tools-'))];
  for (const [name, text] of Object.entries(inPlace)) {
    writeFileSync(join(first, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  for (const name of new Set([...tools, ...also])) {
    const file = onPath(name);
    if (file && !without.includes(name)) symlinkSync(file, join(rest, name));
  }
  for (const folder of [first, rest]) chmodSync(folder, 0o755);
  return [first, rest];
}

function wordsOf({ line, shell = 'dash', args = [] }: InstallOptions): [string, ...string[]] {
  if (line !== undefined) return ['/bin/sh', '-c', line];
  return [onPath(shell) ?? shell, ...(shell === 'busybox' ? ['sh'] : []), '-s', '--', ...args];
}

function pipe(options: InstallOptions & { cwd: string }): Promise<Ended> {
  const { text = readFileSync(script, 'utf8'), line, env, cwd, uid, onStart } = options;
  const [file, ...words] = wordsOf(options);
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      // As a terminal does, a signal is sent to all that it started.
      detached: true,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (ended.stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (ended.stderr += piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
    // A script that has ended reads no further.
    child.stdin.on('error', () => undefined);
    child.stdin.end(line === undefined ? text : '');
    onStart?.(child);
  });
}

function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const { mode, size, mtimeMs } = lstatSync(join(folder, name));
      return `${name} ${mode.toString(8)} ${mode & constants.S_IFDIR ? '' : `${size} ${mtimeMs}`}`.trimEnd();
    })
    .toSorted();
}

/** The names in a listing. */
export const names = (lines: string[]): string[] => lines.map((line) => line.replace(/ \d+( \d+ [\d.]+)?$/, ''));

/** What the installer itself says is wrong. */
export const errors = ({ stderr }: Ended): string =>
  stderr
    .split('\n')
    .filter((line) => /^(error|hint): /.test(line))
    .join('\n');
