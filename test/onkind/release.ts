import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { docker } from '../docker.ts';
import { createScene, type Scene } from '../install/scene.ts';
import { type Serving, serve } from '../install/serving.ts';
import { partsFolder } from '../kind/parts.ts';
import { releaseFolder } from '../release.ts';

const also = ['awk', 'bash', 'basename', 'docker', 'find', 'kill', 'ls', 'sh', 'sort', 'tail', 'touch', 'wc'];
const line = 'curl -sSL "$OSCAR_SANDBOX_BASE_URL/install.sh" | bash -s -- --executor kind';

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
  await type(`"${program()}" uninstall --yes`);
  scene.remove();
}, 120_000);

const program = () => join(scene.home, '.local/bin/oscar-sandbox');
const anyPorts = { OSCAR_SANDBOX_PORT: '0', OSCAR_SANDBOX_S3_PORT: '0', OSCAR_SANDBOX_EXPOSED_PORT: '0' };
const type = (typed: string, env: Record<string, string> = {}) =>
  scene.install(server.base, {
    line: typed,
    also,
    cwd: join(scene.root, 'work'),
    env: { OSCAR_SANDBOX_PARTS: partsFolder, ...anyPorts, ...env },
  });
const clusters = () => docker('ps', '--all', '--quiet', '--filter', 'label=io.x-k8s.kind.cluster').split('\n');
/** What the word-count template comes to. */
const counted = async () => {
  const words = [`"${program()}" init word-count`, `"${program()}" apply word-count/word-count.yaml`];
  return type(`set -e; ${words.join('; ')}; "${program()}" run word-count --file word-count/poem.txt`);
};

it('one line typed into an empty home gives a cluster and a first result, and uninstall an empty home again', async () => {
  const before = clusters();
  const installed = await type(line);
  expect(installed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}services on +kind$/m) });
  expect(installed.stderr).toMatch(/The cluster is ready after /);
  expect(await counted()).toMatchObject({ code: 0, stdout: expect.stringContaining('4\tmerrily\n3\trow\n') });
  expect(await type(`"${program()}" uninstall --yes`)).toMatchObject({ code: 0 });
  expect(scene.listing()).toEqual([]);
  expect(clusters()).toEqual(before);
}, 300_000);

it('the same line says why where there is no engine, and has services run on this machine', async () => {
  const away = { DOCKER_HOST: `unix://${join(scene.root, 'no-engine.sock')}` };
  const installed = await type(line, away);
  expect(installed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}services on +local$/m) });
  expect(installed.stderr).toMatch(/^warning: .*engine/m);
  expect(await counted()).toMatchObject({ code: 0, stdout: expect.stringContaining('4\tmerrily\n3\trow\n') });
}, 120_000);
