import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { createScene, names, type Scene, script, shells } from './scene.ts';
import { type Serving, serve } from './serving.ts';
import { standInProgram, standInRelease } from './standin.ts';

const program = `oscar-sandbox-${process.platform}-${process.arch}.gz`;
const text = readFileSync(script, 'utf8');

let scene: Scene;
let server: Serving;
beforeEach(async () => {
  scene = createScene();
  const files = standInRelease(standInProgram('1.0.0'));
  server = await serve((name) => files.get(name), { troubles: { [program]: 'stuck' } });
});
afterEach(async () => {
  await server.close();
  scene.remove();
});

/** Everywhere in the last line, and at every tenth line before. */
function cuts(): number[] {
  const last = text.lastIndexOf('{ main');
  const ends = [...text.slice(0, last).matchAll(/\n/g)].map(({ index }) => index);
  const lines = ends.filter((_, line) => line % 10 === 0);
  return [...lines, ...Array.from(text.slice(last, text.lastIndexOf('}')), (_, byte) => last + byte)];
}

it.each(shells)('%s runs nothing of a script that was cut on its way', async (shell) => {
  const all = cuts();
  expect(all.length).toBeGreaterThan(60);
  for (const end of all) {
    const { stdout } = await scene.install(server.base, { shell, text: text.slice(0, end) });
    expect([end, stdout, scene.listing(), server.asked]).toEqual([end, '', [], []]);
  }
});

describe.each([
  ['Ctrl-C', 'SIGINT', 130],
  ['a terminal that is closed', 'SIGHUP', 129],
  ['the end of all processes', 'SIGTERM', 143],
] as const)('%s', (_, signal, code) => {
  it.each(shells)('in the middle of a download leaves nothing behind (%s)', async (shell) => {
    const ended = await scene.install(server.base, {
      shell,
      onStart: ({ pid = 0 }) => void server.stuck.then(() => process.kill(-pid, signal)),
    });
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect([server.asked, scene.listing()]).toEqual([['SHA256SUMS', program], []]);
  });
});

it.each(shells)('a reader that leaves is no reason to leave anything behind (%s)', async (shell) => {
  const fine = await serve((name) => standInRelease(standInProgram('1.0.0')).get(name));
  await scene.install(fine.base, { shell, onStart: ({ stdout }) => void stdout?.destroy() });
  await fine.close();
  expect(names(scene.listing())).toContain('.local/bin/oscar-sandbox');
  expect(names(scene.listing()).filter((name) => name.includes('.oscar-sandbox.'))).toEqual([]);
});

describeWith('shellcheck', (shellcheck) => {
  it('finds nothing', () => {
    const { stdout, status } = spawnSync(shellcheck, ['--shell=sh', script], { encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  });
});
