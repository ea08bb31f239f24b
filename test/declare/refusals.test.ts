import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWatch } from '../../src/declare/watch.ts';
import { SandboxError } from '../../src/model/errors.ts';
import { count, fdl, one, serving } from './watching.ts';

const served = serving();

describe('what cannot be declared', () => {
  it('keeps the version before, is reported once, and the next good save is declared', async () => {
    const s = await served({ files: one });
    const bad = fdl('one', 'run.sh', '      cpu: [1]\n');
    await s.write('a.yaml', bad);
    await s.until('it is refused', () => s.lines.length === 2);
    await s.write('a.yaml', bad);
    await s.write('b.yaml', fdl('two'));
    await s.until('a file saved later is declared', () => s.lines.includes('declared b.yaml: two'));
    await s.write('a.yaml', fdl('one', 'run.sh', '      cpu: 1\n'));
    await s.until('it is declared', () => count(s, 'declared a.yaml: one') === 2);
    expect(s.lines.filter((line) => line.startsWith('refused'))).toEqual([
      'refused a.yaml: “cpu” must be text, not a list',
    ]);
    expect(s.events.find((event) => event.kind === 'refused')?.problems[0]).toMatchObject({ line: 7, column: 12 });
  });

  it('a file that lost its `functions` is reported, not withdrawn', async () => {
    const s = await served({ files: one });
    await s.write('a.yaml', 'function: {}\n');
    await s.until('it is refused', () => s.lines.length === 2);
    expect(s.lines[1]).toBe('refused a.yaml: the file has no `functions`');
  });

  it('a script that is not there', async () => {
    const s = await served({ files: { 'a.yaml': fdl('one') } });
    expect(s.lines).toEqual([
      'refused a.yaml: cannot load the script "run.sh" of service "one", please check the path',
    ]);
    await s.write('run.sh', 'echo 1\n');
    await s.until('it is declared', () => s.lines.includes('declared a.yaml: one'));
  });

  it('one name in two files names both, and is served once one of them goes', async () => {
    const s = await served({ files: one });
    await s.write('b.yaml', fdl('one', 'run.sh', '      cpu: 0.5\n'));
    await s.until('it is refused', () => s.lines.length === 2);
    expect(s.lines[1]).toBe('refused b.yaml: the service “one” is declared in a.yaml and in b.yaml');
    await unlink(join(s.folder, 'a.yaml'));
    await s.until('the other is declared', () => s.lines.includes('declared b.yaml: one'));
  });

  it('of two new files with one name the first is served', async () => {
    const s = await served({ files: { 'b.yaml': fdl('one'), 'a.yaml': fdl('one'), 'run.sh': 'true\n' } });
    expect(s.lines).toEqual([
      'refused b.yaml: the service “one” is declared in a.yaml and in b.yaml',
      'declared a.yaml: one',
    ]);
  });

  it('what the door refuses is reported at the line of the service', async () => {
    const s = await served({
      files: one,
      declareFile: async () => {
        throw new SandboxError('rejected', 'no room for “one”', { hint: 'Make room.' });
      },
    });
    const [event] = s.events;
    expect(event).toMatchObject({
      kind: 'refused',
      problems: [{ line: 3, message: 'no room for “one”', hint: 'Make room.' }],
    });
    expect(s.seen.size).toBe(0);
  });

  it('what fails for no fault of the file is told once and tried again', async () => {
    let failures = 2;
    const s = await served({
      files: one,
      declareFile: async () => {
        if (failures-- > 0) throw new SandboxError('unavailable', 'the store is away');
      },
    });
    await s.until('it is declared', () => s.lines.includes('declared a.yaml: one'));
    expect(s.lines).toEqual(['refused a.yaml: the store is away', 'declared a.yaml: one']);
  });

  it('a folder that does not exist', async () => {
    const nothing = () => undefined;
    const later = async () => undefined;
    const seen = { get: nothing, set: nothing, forget: nothing, paths: () => [] };
    const log = { debug: nothing, warn: nothing };
    const door = { declareFile: later, servicesOf: () => [], withdraw: later };
    const parts = { ...door, now: Date.now, elapsed: () => performance.now(), onEvent: nothing };
    const watch = createWatch({ ...parts, seen, log, folder: '/nowhere/at/all' });
    await expect(watch.scan()).rejects.toThrow('/nowhere/at/all does not exist.');
    await watch.close();
  });
});
