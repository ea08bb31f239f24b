import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createScene, type InstallOptions, names, onPath, type Scene, shells } from './scene.ts';
import { type Serving, serve } from './serving.ts';
import { standInProgram, standInRelease } from './standin.ts';

const files = standInRelease(standInProgram('1.0.0'));
const program = `oscar-sandbox-${process.platform}-${process.arch}.gz`;

let scene: Scene;
let server: Serving;
beforeEach(async () => {
  scene = createScene();
  server = await serve((name) => files.get(name));
});
afterEach(async () => {
  await server.close();
  scene.remove();
});

const at = (...path: string[]) => join(scene.home, ...path);
const install = (options: InstallOptions = {}) => scene.install(server.base, { args: ['--no-start'], ...options });
const record = () => readFileSync(at('.local/state/oscar-sandbox/installed'), 'utf8').replaceAll(scene.home, '~');
const works = () => names(scene.listing()).filter((name) => name.includes('.oscar-sandbox.'));

/** What an installation that nobody disturbed leaves in an empty home. */
async function undisturbed() {
  await install();
  const left = { names: names(scene.listing()), record: record() };
  rmSync(scene.home, { recursive: true });
  mkdirSync(scene.home);
  return left;
}

describe.each(shells)('an installation that is killed (%s)', (shell) => {
  it('while it unpacks is on record, and what it left goes with the next one', async () => {
    const whole = await undisturbed();
    const killed = await install({ shell, inPlace: { gzip: 'echo half; kill -KILL 0' } });
    expect([killed.code, record(), works().length > 0]).toEqual([null, whole.record, true]);
    expect(await install({ shell })).toMatchObject({ code: 0, stderr: '' });
    expect({ names: names(scene.listing()), record: record() }).toEqual(whole);
  });

  it('right after the program is in its place is on record', async () => {
    const whole = await undisturbed();
    const killed = await install({ shell, inPlace: { mv: `${onPath('mv')} "$@"; kill -KILL 0` } });
    expect([killed.code, record(), existsSync(at('.local/bin/oscar-sandbox'))]).toEqual([null, whole.record, true]);
  });
});

it.each(shells)('Ctrl-C while the program is put in its place does not hide that it is there (%s)', async (shell) => {
  const ended = await install({ shell, inPlace: { mv: `kill -INT 0; ${onPath('mv')} "$@"; kill -INT 0` } });
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  expect(ended.stdout).toContain(`OSCAR Sandbox 1.0.0 is installed: ${at('.local/bin/oscar-sandbox')}\n`);
  expect(record()).toContain('program ~/.local/bin/oscar-sandbox\n');
});

it('what an installation that still runs has begun stays', async () => {
  const { pid: ended } = spawnSync('true');
  for (const owner of [process.pid, ended, 'mine'])
    mkdirSync(at(`.local/bin/.oscar-sandbox.${owner}/in`), { recursive: true });
  expect(await install()).toMatchObject({ code: 0 });
  expect(works().filter((name) => !name.endsWith('/in'))).toEqual(
    [`.local/bin/.oscar-sandbox.${process.pid}`, '.local/bin/.oscar-sandbox.mine'].toSorted(),
  );
});

describe('two installations at once', () => {
  const waiting = (then: string) => `: > "$HOME/waits"; until [ -e "$HOME/go" ]; do sleep 0.1; done; ${then}`;
  const waits = () => vi.waitUntil(() => existsSync(at('waits')), { timeout: 20_000 });
  const go = () => writeFileSync(at('go'), '');

  it.each([
    ['are both on record', `exec ${onPath('mv')} "$@"`, 0],
    ['of which one fails leave the other on record', 'exit 1', 5],
  ])('%s', async (_, then, code) => {
    const one = install({ inPlace: { mv: waiting(then) } });
    await waits();
    expect(await install({ args: ['--no-start', '--to', 'other'] })).toMatchObject({ code: 0 });
    go();
    expect(await one).toMatchObject({ code });
    expect(record().split('\n')).toEqual(
      expect.arrayContaining(['program ~/other/oscar-sandbox', 'folder ~/other', 'folder ~/.local']),
    );
    if (code === 0) expect(record()).toContain('program ~/.local/bin/oscar-sandbox\n');
  });

  it('to one place, of which the first is stopped, leave what the second counts on', async () => {
    const { record: whole } = await undisturbed();
    const stuck = await serve((name) => files.get(name), { troubles: { [program]: 'stuck' } });
    let pid = 0;
    const first = scene.install(stuck.base, { args: ['--no-start'], onStart: (child) => (pid = child.pid ?? 0) });
    await stuck.stuck;
    const second = install({ inPlace: { gzip: waiting(`exec ${onPath('gzip')} "$@"`) } });
    await waits();
    process.kill(-pid, 'SIGINT');
    expect(await first).toMatchObject({ code: 130 });
    await stuck.close();
    go();
    expect(await second).toMatchObject({ code: 0, stderr: '' });
    expect(record()).toBe(whole);
  });
});
