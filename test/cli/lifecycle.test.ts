import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { programWords } from '../words.ts';
import { createHome } from './drive.ts';

let home: ReturnType<typeof createHome>;
const anyPorts = ['--port', '0', '--s3-port', '0', '--exposed-port', '0', '--executor', 'local'];
const up = (...args: string[]) => home.drive(['up', ...anyPorts, ...args]);
const statusIn = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Status;

beforeEach(() => {
  home = createHome();
  mkdirSync(join(home.home, 'services'));
  writeFileSync(join(home.home, 'services/hello.sh'), 'echo "hello $(cat "$INPUT_FILE_PATH")"\n');
  writeFileSync(
    join(home.home, 'services/hello.yaml'),
    'functions:\n  oscar:\n    - any:\n        name: hello\n        image: alpine\n        log_level: CRITICAL\n        script: hello.sh\n',
  );
});
afterEach(async () => {
  await home.drive(['down']);
  home.remove();
});

/** `up` in the foreground: its lines as they come. */
function upHere(...args: string[]) {
  const [file, ...words] = programWords;
  const child = spawn(file, [...words, 'up', ...anyPorts, ...args], {
    cwd: home.home,
    env: { PATH: process.env.PATH, HOME: home.home, OSCAR_SANDBOX_DATA_DIR: home.dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, line: lineOf(child) };
}

/** Waits for a line on stdout. */
function lineOf(child: ChildProcess) {
  let said = '';
  const waiting = new Map<RegExp, (match: RegExpExecArray) => void>();
  const look = () => {
    for (const [pattern, resolve] of waiting) {
      const match = pattern.exec(said);
      if (match) resolve(match);
    }
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    look();
  });
  return (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      waiting.set(pattern, resolve);
      child.on('close', () => reject(new Error(`${pattern} was not said, but: ${said}`)));
      look();
    });
}

describe('up --detach --wait', () => {
  it('answers when the folder is served, with what status tells from then on', async () => {
    const started = await up('services', '--detach', '--wait', '--json');
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const status = statusIn(started);
    expect(Object.keys(status).slice(0, 11).join()).toBe(
      'api,s3,dashboard,user,password,accessKey,secretKey,executor,dataDir,pid,version',
    );
    expect(status).toMatchObject({
      executor: 'local',
      services: 1,
      dataDir: home.dataDir,
      folder: join(home.home, 'services'),
    });
    expect(statusIn(await home.drive(['status', '--json']))).toEqual(status);
    expect(statSync(join(home.dataDir, 'daemon.json')).mode & 0o777).toBe(0o600);
  });

  it('runs what the folder holds, and what is saved there later', async () => {
    await up('services', '--detach', '--wait');
    const answer = async () => (await home.drive(['run', 'hello', '-i', 'world'])).stdout.trim();
    expect(await answer()).toBe('hello world');
    writeFileSync(join(home.home, 'services/hello.sh'), 'echo "good day $(cat "$INPUT_FILE_PATH")"\n');
    await expect.poll(answer).toBe('good day world');
  });

  it('refuses a second sandbox on the data folder, with the address of the first', async () => {
    const { api, pid } = statusIn(await up('services', '--detach', '--json'));
    const second = await up();
    expect(second.stderr).toContain(
      `error: A sandbox already runs on ${home.dataDir}: ${api}, process ${pid}, serving `,
    );
    expect(second.code).toBe(6);
    expect(statusIn(await up('services', '--detach', '--json'))).toMatchObject({ api, pid });
    expect((await up('.', '--detach')).code).toBe(6);
  });

  it('tells why it could not start, with the exit code of that reason', async () => {
    const taken = await listen();
    const { port } = taken.address() as AddressInfo;
    const ended = await up('--detach', '--port', String(port));
    taken.close();
    expect(ended.stderr).toContain(`Port ${port}`);
    expect(ended.stderr).toContain('hint: ');
    expect(ended).toMatchObject({ code: 6, stdout: '' });
    expect((await home.drive(['status'])).code).toBe(3);
  });
});

const listen = () =>
  new Promise<Server>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

describe('down', () => {
  it('ends the sandbox, and its data is there the next time', async () => {
    const { pid, password } = statusIn(await up('services', '--detach', '--wait', '--json'));
    const down = await home.drive(['down', '--json']);
    expect(JSON.parse(down.stdout)).toEqual({ stopped: true, pid });
    expect((await home.drive(['status'])).code).toBe(3);
    expect(existsSync(join(home.dataDir, 'daemon.json'))).toBe(false);
    const again = statusIn(await up('--detach', '--wait', '--json'));
    expect(again).toMatchObject({ password, services: 1 });
  });
});

it('a sandbox that was killed leaves nothing that keeps the next one from starting', async () => {
  const { pid } = statusIn(await up('services', '--detach', '--wait', '--json'));
  process.kill(pid, 'SIGKILL');
  await expect.poll(async () => (await home.drive(['status'])).code).toBe(3);
  expect(existsSync(join(home.dataDir, 'daemon.json'))).toBe(true);
  expect(await home.drive(['doctor'])).toMatchObject({ stdout: expect.stringContaining('ended without a word') });
  const again = statusIn(await up('services', '--detach', '--wait', '--json'));
  expect(again.pid).not.toBe(pid);
});

describe('up in the foreground', () => {
  it('tells what happens and ends with 0 at Ctrl-C', async () => {
    const { child, ended, line } = upHere('services');
    await line(/OSCAR Sandbox [\d.]+ is up/);
    await line(/^\d\d:\d\d:\d\d\.\d{3} {2}hello declared, version 1$/m);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect((await home.drive(['status'])).code).toBe(3);
  });

  it('with --json begins with its status, and tells the rest a value a line', async () => {
    const { child, ended, line } = upHere('services', '--json', '--wait');
    const [first] = await line(/^\{.*\}\n/);
    const { api } = JSON.parse(first) as Status;
    await line(/^\{"at":\d+,"kind":"service-declared","service":"hello",.*\}$/m);
    expect((await fetch(`${api}/health`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('is stopped by down from another terminal', async () => {
    const { ended, line } = upHere();
    await line(/is up/);
    expect((await home.drive(['down'])).code).toBe(0);
    expect(await ended).toBe(0);
  });

  it('ends when nobody reads it any more', async () => {
    const { child, ended, line } = upHere('--json');
    await line(/^\{.*\}\n/);
    child.stdout?.destroy();
    expect((await home.drive(['apply', 'services/hello.yaml'])).code).toBe(0);
    expect(await ended).toBe(0);
    expect(existsSync(join(home.dataDir, 'daemon.json'))).toBe(false);
  });

  it('warns where others on the network can come in', async () => {
    const ended = await up('--host', '0.0.0.0', '--detach', '--executor', 'local');
    expect(ended.stderr).toBe('warning: Listening on 0.0.0.0: whoever holds the password runs programs as you.\n');
  });
});

it('a file that is put starts a job, whose log and output are there, and which can be replayed', async () => {
  const template = await home.drive(['init', 'word-count', 'services/word-count']);
  expect(template.code).toBe(0);
  await up('services', '--detach', '--wait');
  await home.drive(['put', 'services/word-count/poem.txt', 'word-count/in/']);
  await expect.poll(async () => (await home.drive(['ls', 'word-count/out'])).stdout).toContain('out/poem.counts.txt');
  const [log, output] = [
    await home.drive(['logs', 'word-count', '--follow']),
    await home.drive(['get', 'word-count/out/poem.counts.txt', '-']),
  ];
  expect(log.stdout).toMatch(/poem\.txt: \d+ different words\n/);
  expect(output.stdout).toContain('merrily');
  const [{ id, object }] = JSON.parse(
    `[${(await home.drive(['logs', 'word-count', '--all', '--json'])).stdout.trim()}]`,
  );
  expect(object).toBe('word-count/in/poem.txt');
  const replayed = await home.drive(['replay', id, '--wait']);
  expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining('different words') });
});

it('a job that fails is exit code 1, and its log is the output', async () => {
  writeFileSync(join(home.home, 'services/hello.sh'), 'echo "no such word"; exit 3\n');
  await up('services', '--detach', '--wait');
  const ended = await home.drive(['job', 'hello', '-i', 'x', '--wait']);
  expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('no such word\n') });
  expect(ended.stderr).toMatch(/\nerror: hello-\S+ failed/);
});

it('apply and delete change what is served', async () => {
  await up('--detach');
  expect((await home.drive(['apply', 'services/hello.yaml'])).stdout).toBe('hello created\n');
  expect((await home.drive(['apply', 'services/hello.yaml'])).stdout).toBe('hello updated\n');
  // A folder is all of the FDL files in it, as for `up`.
  expect((await home.drive(['apply', 'services'])).stdout).toBe('hello updated\n');
  expect((await home.drive(['services'])).stdout).toMatch(/^hello +\S+ +alpine/m);
  expect((await home.drive(['delete', '-f', 'services/hello.yaml'])).stdout).toBe('hello deleted\n');
  expect((await home.drive(['run', 'hello'])).code).toBe(4);
});

it('the log of the daemon is in its data folder, and says nothing when all is well', async () => {
  await up('services', '--detach', '--wait');
  const log = readFileSync(join(home.dataDir, 'daemon.log'), 'utf8');
  expect(log.split('\n').filter((line) => line && JSON.parse(line).level > 30)).toEqual([]);
});
