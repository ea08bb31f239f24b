import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqlite } from '../../scripts/build/bundle.ts';
import { host } from '../../scripts/build/targets.ts';
import { hostProgram } from '../release.ts';
import { anyPorts, createGround, type Ground, run, statusOf } from './ground.ts';

let ground: Ground;
beforeEach(() => {
  ground = createGround();
});
afterEach(() => ground.remove());

const folder = () => ground.at('home/.cache/oscar-sandbox/sqlite');
const shipped = () => sqlite(host?.name ?? '');

/** What was unpacked, and nothing else. */
function unpacked(): string {
  const names = readdirSync(folder());
  expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.node$/)]);
  return join(folder(), names[0] ?? '');
}
const expectWhole = () => expect(readFileSync(unpacked()).equals(shipped())).toBe(true);

describe('the native part of SQLite', () => {
  it('is unpacked by eight that start for the first time and at the same time, and is whole', async () => {
    const folders = Array.from({ length: 8 }, (_, n) => ground.at(`data-${n}`));
    const started = await Promise.all(folders.map((one) => ground.up(one)));
    expect(new Set(started.map((one) => statusOf(one).pid)).size).toBe(8);
    expectWhole();
  });

  it.each([
    ['holds something else', () => Buffer.from('not what was unpacked')],
    ['differs in one byte', () => shipped().fill(1, 5000, 5001)],
    ['was cut', () => shipped().subarray(0, 1000)],
  ])('is unpacked anew when its file %s', async (_what, content) => {
    statusOf(await ground.up(ground.at('data')));
    await ground.down(ground.at('data'));
    const file = unpacked();
    rmSync(file);
    writeFileSync(file, content(), { mode: 0o500 });
    statusOf(await ground.up(ground.at('data')));
    expectWhole();
  });

  it('takes the place of that of another version', async () => {
    mkdirSync(folder(), { recursive: true });
    const other = join(folder(), `${'0'.repeat(32)}.node`);
    writeFileSync(other, 'of another version');
    utimesSync(other, new Date(0), new Date(0));
    statusOf(await ground.up(ground.at('data')));
    expectWhole();
  });

  it('is taken by a sandbox whose user has new files opened to a group', async () => {
    const up = ['up', '--detach', '--json', '--data-dir', ground.at('data'), ...anyPorts];
    const { env } = ground;
    const started = await run(['/bin/sh', '-c', 'umask 002; exec "$0" "$@"', hostProgram(), ...up], { env });
    await ground.down(ground.at('data'));
    statusOf(started);
    expectWhole();
  });
});
