import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchBase } from '../../scripts/build/bases.ts';
import { version } from '../../scripts/build/npm.ts';
import { type Base, dist, host } from '../../scripts/build/targets.ts';
import { shippedFiles } from '../../src/shipped.ts';
import { releaseFolder, required } from '../release.ts';
import { anyPorts, createGround, type Ground, run, statusOf } from './ground.ts';

const archive = `oscar-sandbox-${version()}.tgz`;

// The oldest that the package promises to run on.
const integrity: Partial<Record<string, string>> = {
  'linux-x64': 'sha512-R9k0h0zCZkX4/rlJbwS2c/CaOlmbAz3FkcQnQTJneQgJFaMntb8GVT64oArZEvrnzSyck8tGpcss6u3nT7hqxg==',
  'linux-arm64': 'sha512-pg8rI8Ka8Qf4gwBfaa3vYAuBeiK1LcGxNEsW+VADvpJz4ZAq3yZ64oMwnighJW57tObnd9U0cANhNkL+BgG6OA==',
};
const oldest: Base = {
  name: `node-${host?.name}`,
  version: '22.14.0',
  integrity: integrity[host?.name ?? ''] ?? '',
};
const isThere = () => existsSync(join(dist, 'build/node', `${oldest.name}-${oldest.version}`));
const canTry = oldest.integrity !== '' && (required || isThere());

const onPath = (process.env.PATH ?? '').split(delimiter);
const versionOf = (node: string) => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1);
/** A Node.js of this machine that is too old for the package. */
const tooOld = onPath
  .map((folder) => join(folder, 'node'))
  .filter((file) => existsSync(file))
  .find((node) => Number(versionOf(node).split('.')[0]) < 22);

let ground: Ground;
beforeAll(async () => {
  ground = createGround();
  const installed = await npm('install', '--no-audit', '--no-fund', join(releaseFolder(), archive));
  expect(installed).toMatchObject({ code: 0 });
});
afterAll(() => ground.remove());

/** With this Node.js as the first on the PATH, and a registry that nobody can ask. */
const withNode = (node: string) => ({
  ...ground.env,
  PATH: [dirname(node), ...onPath].join(delimiter),
  npm_config_registry: 'http://127.0.0.1:1',
  npm_config_cache: ground.at('cache'),
});
const npm = (...args: string[]) => run(['npm', ...args], { env: withNode(process.execPath), cwd: ground.at('work') });

describe('the npm package', () => {
  it('holds the program, what comes with it, and nothing of its sources', () => {
    const listed = execFileSync('tar', ['-tzf', join(releaseFolder(), archive)], { encoding: 'utf8' });
    const systems = ['darwin', 'linux', 'linuxmusl'].flatMap((one) => [`${one}-arm64`, `${one}-x64`]);
    const made = [
      'bin/oscar-sandbox.cjs',
      'THIRD-PARTY-LICENSES.txt',
      ...systems.map((one) => `sqlite/${one}.node`),
      ...shippedFiles('templates'),
    ].map((file) => `dist/npm/${file}`);
    const files = ['LICENSE', 'README.md', 'package.json', ...made].map((file) => `package/${file}`);
    expect(listed.trim().split('\n').sort()).toEqual(files.sort());
  });

  it('is installed in an empty folder without anything else', () => {
    const modules = readdirSync(ground.at('work/node_modules')).filter((name) => !name.startsWith('.'));
    expect(modules).toEqual(['oscar-sandbox']);
  });
});

describe(`on Node.js ${oldest.version}`, () => {
  const title = canTry ? '' : ' (skipped: it is fetched where everything is required, on Linux)';

  it.skipIf(!canTry)(`npx starts a sandbox, calls a service, runs a job and ends it${title}`, async () => {
    const node = join(fetchBase(oldest), 'bin/node');
    expect(versionOf(node)).toBe(oldest.version);
    const [cwd, env] = [ground.at('work'), withNode(node)];
    const npx = (...args: string[]) => run(['npx', 'oscar-sandbox', ...args], { env, cwd });
    expect(await npx('--version')).toMatchObject({ code: 0, stdout: `${version()}\n` });
    const told = JSON.parse((await npx('version', '--json')).stdout);
    expect(told).toEqual({ version: version(), node: oldest.version, platform: host?.name });

    const place = ['--data-dir', ground.at('data')];
    mkdirSync(ground.at('served'));
    expect((await npx('init', 'echo', ground.at('served'))).code).toBe(0);
    statusOf(await npx('up', ground.at('served'), '--detach', '--wait', '--json', ...place, ...anyPorts));
    const call = await npx('run', 'echo', '-i', 'Hello', ...place);
    const job = await npx('job', 'echo', '-i', 'Hello', '--wait', ...place);
    const down = await npx('down', '--json', ...place);
    expect(call).toMatchObject({ code: 0, stdout: expect.stringContaining('You said: Hello') });
    expect(job).toMatchObject({ code: 0, stdout: expect.stringContaining('You said: Hello') });
    expect(JSON.parse(down.stdout)).toMatchObject({ stopped: true });
    // Its SQLite is used from where it lies.
    expect(readdirSync(ground.at('home'))).toEqual([]);
  });
});

describe('on a Node.js that is too old', () => {
  it.skipIf(!tooOld)(`it says which one it needs${tooOld ? '' : ' (skipped: this machine has none)'}`, async () => {
    const program = ground.at('work/node_modules/.bin/oscar-sandbox');
    for (const args of [['--version'], ['up', '--detach']]) {
      expect(await run([program, ...args], { env: withNode(tooOld ?? '') })).toEqual({
        code: 2,
        stdout: '',
        stderr: `error: oscar-sandbox needs Node.js 22.14 or newer; this is ${versionOf(tooOld ?? '')}.\n`,
      });
    }
  });
});
