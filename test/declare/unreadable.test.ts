import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCalm } from '../../src/declare/watch/calm.ts';
import { createPump } from '../../src/declare/watch/pump.ts';
import { count, fdl, one, serving } from './watching.ts';

const nobody = 65_534;
// Permissions do not hold root back.
const isRoot = process.getuid?.() === 0;
const become = (user: number) => {
  if (isRoot) process.seteuid?.(user);
};

describe.runIf(process.platform !== 'win32')('what may not be read', () => {
  beforeEach(() => become(nobody));
  const served = serving();
  afterEach(() => become(0));

  it('a file is reported, and the version before is served on', async () => {
    const s = await served({ files: one });
    await chmod(join(s.folder, 'a.yaml'), 0);
    await s.until('it is refused', () => s.lines.includes('refused a.yaml: the file may not be read'));
    s.forward(1000);
    await s.rescan();
    expect(s.lines).toEqual(['declared a.yaml: one', 'refused a.yaml: the file may not be read']);
    expect(s.events.find((event) => event.kind === 'refused')?.problems[0]?.hint).toContain('chmod u+r');
    await chmod(join(s.folder, 'a.yaml'), 0o644);
    await s.rescan();
    await s.write('a.yaml', fdl('one', 'run.sh', '      cpu: 1\n'));
    await s.until('the next save is declared', () => count(s, 'declared a.yaml: one') === 2);
    expect(s.lines).not.toContain('withdrawn a.yaml');
  });

  it('a folder keeps what it declared, also across a restart', async () => {
    const s = await served({ files: { 'x/a.yaml': fdl('one'), 'x/run.sh': 'echo 1\n' } });
    await chmod(join(s.folder, 'x'), 0);
    s.forward(1000);
    await s.restart();
    s.forward(1000);
    await s.rescan();
    expect(s.lines.filter((line) => !line.startsWith('warned'))).toEqual([
      'declared x/a.yaml: one',
      'refused x/a.yaml: the file may not be read',
    ]);
    await chmod(join(s.folder, 'x'), 0o755);
    await s.write('x/run.sh', 'echo 2\n');
    await s.rescan();
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
  });

  it('a script is reported, and the version before is served on', async () => {
    const s = await served({ files: one });
    await chmod(join(s.folder, 'run.sh'), 0);
    await s.until('it is refused', () => s.events.some((event) => event.kind === 'refused'));
    expect(s.events.at(-1)).toMatchObject({ problems: [{ hint: expect.stringContaining('may not be read') }] });
    await chmod(join(s.folder, 'run.sh'), 0o644);
    await s.write('run.sh', 'echo 2\n');
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
    expect(s.lines).not.toContain('withdrawn a.yaml');
  });

  it.each([
    ['may not be read', (path: string) => mkdir(path, { mode: 0 })],
    ['leads to itself', (path: string) => symlink('.git', path)],
  ])('a `.git` that %s holds no round back', async (_what, make) => {
    const folder = await mkdtemp(join(tmpdir(), 'calm-'));
    try {
      await make(join(folder, '.git'));
      const calm = createCalm({ folder, now: Date.now, elapsed: () => performance.now() });
      await calm({ crowd: () => 1, lastEvent: () => 0 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a round that fails', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each(['calm', 'round'])('in its %s is begun again after a while, whatever happens meanwhile', async (where) => {
    let tries = 0;
    const rounds: string[][] = [];
    const fail = (here: string) => {
      // After so many it succeeds: a loop without an end could not be told from a test that hangs.
      if (here === where && ++tries <= 20) throw new Error('The disk is away.');
    };
    const pump = createPump({
      calm: async () => fail('calm'),
      round: async (paths) => {
        fail('round');
        rounds.push(paths);
        return new Map();
      },
      isWaiting: () => false,
      onRest: () => undefined,
      elapsed: () => 0,
      log: { warn: () => undefined },
    });
    pump.touch('/a.yaml');
    await vi.advanceTimersByTimeAsync(500);
    pump.touch('/b.yaml');
    await vi.advanceTimersByTimeAsync(499);
    expect([tries, pump.isDone()]).toEqual([1, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(tries).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(rounds).toEqual([['/a.yaml', '/b.yaml']]);
    expect(pump.isDone()).toBe(true);
    await pump.close();
  });
});
