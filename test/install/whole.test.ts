import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import { releaseFolder } from '../release.ts';
import { createScene, errors, names, type Scene, shells } from './scene.ts';
import { type Serving, serve } from './serving.ts';

/** What people have at hand, for the installer, for services and for what they type. */
const also = [...shells, 'awk', 'basename', 'find', 'kill', 'ls', 'sh', 'sort', 'tail', 'touch', 'wc'];
const anyPorts = { OSCAR_SANDBOX_PORT: '0', OSCAR_SANDBOX_S3_PORT: '0', OSCAR_SANDBOX_EXPOSED_PORT: '0' };

let scene: Scene;
let server: Serving;
beforeAll(async () => {
  const folder = releaseFolder();
  server = await serve((name) => readFileSync(join(folder, name)));
});
afterAll(() => server.close());
beforeEach(() => {
  scene = createScene();
  mkdirSync(join(scene.root, 'work'));
});
afterEach(async () => {
  await type(`"${program()}" down`);
  scene.remove();
});

const program = () => join(scene.home, '.local/bin/oscar-sandbox');
const type = (line: string, env: Record<string, string> = {}) =>
  scene.install(server.base, {
    line,
    also,
    cwd: join(scene.root, 'work'),
    env: { OSCAR_SANDBOX_EXECUTOR: 'local', ...anyPorts, ...env },
  });
const pipeInto = (shell: string) => `curl -sSL "$OSCAR_SANDBOX_BASE_URL/install.sh" | ${shell}`;
const status = async () => JSON.parse((await type(`"${program()}" status --json`)).stdout) as Status;

/** The lines that it says come next, the one for the PATH among them. */
const nextLines = (stdout: string): string[] =>
  stdout
    .slice(stdout.indexOf(' is not on the PATH.'))
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => line.trim());

it.each(['bash', 'dash'].filter((shell) => shells.includes(shell)))(
  'one line typed into an empty home gives a sandbox at work, and uninstall an empty home again (%s)',
  { timeout: 120_000 },
  async (shell) => {
    expect((await type('command -v node nodejs npm')).stdout).toBe('');
    const first = await type(pipeInto(shell));
    expect([first.stderr, first.code]).toEqual(['', 0]);
    const before = await status();
    for (const fact of ['api', 's3', 'user', 'password', 'accessKey', 'secretKey'] as const) {
      expect(first.stdout).toMatch(RegExp(`^  .* ${before[fact].replace(/[.?]/g, '\\$&')}$`, 'm'));
    }

    const lines = nextLines(first.stdout);
    expect(lines).toHaveLength(4);
    const result = await type(`set -e; ${lines.join('; ')}`);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('4\tmerrily\n3\trow\n') });

    const second = await type(pipeInto(shell));
    expect([second.stderr, second.code]).toEqual(['', 0]);
    expect(second.stdout).toContain(`OSCAR Sandbox ${before.version} is installed anew: ${program()}\n`);
    const after = await status();
    expect(after).toEqual({ ...before, services: 1, jobs: after.jobs, pid: after.pid });
    expect(after.pid).not.toBe(before.pid);
    expect(await type(`"${program()}" run word-count --input 'row row'`)).toMatchObject({ stdout: '2\trow\n' });

    expect(await type(`"${program()}" uninstall --yes`)).toMatchObject({ code: 0 });
    expect(scene.listing()).toEqual([]);
    await expect(fetch(`${after.api}/health`)).rejects.toThrow();
  },
);

it('the version that is there can be asked for, another cannot', { timeout: 120_000 }, async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const other = await type(`${pipeInto('sh')} -s -- --no-start --version 99.0.0`);
  expect([errors(other), other.code]).toEqual([
    `error: ${server.base} has version ${version}, not 99.0.0.\nhint: Nothing was installed.`,
    7,
  ]);
  expect(scene.listing()).toEqual([]);
  expect(await type(`${pipeInto('sh')} -s -- --no-start`, { OSCAR_SANDBOX_VERSION: version })).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect((await type(`"${program()}" status`)).code).toBe(3);
});

it('a port that is taken is told; the program is there', { timeout: 120_000 }, async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const ended = await type(pipeInto('sh'), { OSCAR_SANDBOX_PORT: String(port) });
  taken.close();
  expect(ended.code).toBe(6);
  expect(errors(ended)).toMatch(
    RegExp(
      `^error: Port ${port} .*\\nhint: .*\\nerror: OSCAR Sandbox is installed \\(${program()}\\), but the sandbox did not start\\.`,
    ),
  );
  expect(names(scene.listing())).toContain('.local/bin/oscar-sandbox');
  expect((await type(pipeInto('sh'))).code).toBe(0);
});

it('a program that was changed on its way is not installed', async () => {
  const name = `oscar-sandbox-${process.platform}-${process.arch}.gz`;
  const changed = readFileSync(join(releaseFolder(), name));
  changed.writeUInt8(changed.readUInt8(1_000_000) ^ 1, 1_000_000);
  const mirror = await serve((file) => (file === name ? changed : readFileSync(join(releaseFolder(), file))));
  writeFileSync(join(scene.home, 'mine'), '');
  const before = scene.listing();
  const ended = await type(pipeInto('sh'), { OSCAR_SANDBOX_BASE_URL: mirror.base });
  await mirror.close();
  expect([ended.code, errors(ended)]).toEqual([10, expect.stringContaining(`${name} is damaged: its checksum is `)]);
  expect(scene.listing()).toEqual(before);
});
