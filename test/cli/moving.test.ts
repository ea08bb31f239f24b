import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { programWords } from '../words.ts';
import { createHome } from './drive.ts';

// The default ports are busy: through us, or through another program that has them already.
const held: Server[] = [];
beforeAll(async () => {
  for (const port of [8080, 8081, 9000]) {
    const server = createServer();
    held.push(server);
    await new Promise((resolve) => server.on('error', resolve).listen(port, '127.0.0.1', () => resolve(undefined)));
  }
});
afterAll(() => {
  for (const server of held) server.close();
});

let home: ReturnType<typeof createHome>;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.remove());

/** What is said on stderr of a sandbox with this status. */
const moved = ({ api, s3, exposed }: Pick<Status, 'api' | 's3' | 'exposed'>) =>
  [
    `warning: Port 9000 is in use: S3 is on ${new URL(s3).port}.`,
    `warning: Port 8080 is in use: the API is on ${new URL(api).port}.`,
    `warning: Port 8081 is in use: the exposed origin is on ${new URL(exposed).port}.`,
    '',
  ].join('\n');

describe('a busy default port moves to the next free one, and that is said', () => {
  it.each([
    ['for people', []],
    ['beside the JSON', ['--json']],
  ])('by up --detach, %s', async (_for, flags) => {
    const started = await home.drive(['up', '--detach', ...flags]);
    const status = JSON.parse((await home.drive(['status', '--json'])).stdout) as Status;
    await home.drive(['down']);
    expect(started).toMatchObject({ code: 0, stderr: moved(status) });
    if (flags.length > 0) expect(JSON.parse(started.stdout)).toEqual(status);
  });

  it('by up in the foreground', async () => {
    const env = { PATH: process.env.PATH, HOME: home.home, OSCAR_SANDBOX_DATA_DIR: home.dataDir };
    const [file, ...words] = programWords;
    const child = spawn(file, [...words, 'up', '--json', '--executor', 'local'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text;
    });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGINT');
    await once(child, 'close');
    expect(stderr).toBe(moved(JSON.parse(first.toString().split('\n')[0] ?? '') as Status));
  });

  it('by npm start', async () => {
    const script = join(import.meta.dirname, '../../scripts/start.ts');
    const env = { PATH: process.env.PATH, HOME: home.home, TMPDIR: home.home };
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (text: Buffer) => {
        said[name] += text;
      });
    }
    expect(await once(child, 'close')).toEqual([0, null]);
    const [, api = '', s3 = ''] = /the API at (\S+), the S3 store at (\S+)/.exec(said.stdout) ?? [];
    const exposed = `http://127.0.0.1:${/exposed origin is on (\d+)/.exec(said.stderr)?.[1]}`;
    expect(said.stderr).toBe(moved({ api, s3, exposed }));
  });
});
