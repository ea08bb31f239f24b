import { realpath, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readContent } from '../../src/declare/watch/content.ts';
import { createLedger } from '../../src/declare/watch/ledger.ts';
import { count, fdl, type Served, serving } from './watching.ts';

const served = serving();

/** Puts a link in the place of whatever is there, as `ln -sfn` does. */
async function turn(s: Served, link: string, target: string): Promise<void> {
  await symlink(target, join(s.folder, `${link}.new`));
  await rename(join(s.folder, `${link}.new`), join(s.folder, link));
}

describe('a link is served as the file that it leads to', () => {
  it.each(['real2.sh', 'h.sh'])('a script that became a link and was turned since, written to as %s', async (name) => {
    const s = await served({
      files: {
        'a.yaml': fdl('one', 'h.sh'),
        'h.sh': 'echo 0\n',
        'real.sh': 'echo 1\n',
        'real2.sh': 'echo 2\n',
      },
    });
    await turn(s, 'h.sh', 'real.sh');
    await s.until('the first target is served', () => s.scripts.get('one') === 'echo 1\n');
    await turn(s, 'h.sh', 'real2.sh');
    await s.until('the second target is served', () => s.scripts.get('one') === 'echo 2\n');
    await s.write(name, 'echo 3\n');
    await s.until('what was written is served', () => s.scripts.get('one') === 'echo 3\n');
  });

  it('a script that was turned to a file outside the folder', async () => {
    const s = await served({ files: { 'a.yaml': fdl('one', 'h.sh'), 'h.sh': 'echo 0\n' } });
    const far = await served({ files: { 'far.sh': 'echo 1\n' } });
    await turn(s, 'h.sh', join(far.folder, 'far.sh'));
    await s.until('the target is served', () => s.scripts.get('one') === 'echo 1\n');
    await far.write('far.sh', 'echo 2\n');
    await s.until('what was written is served', () => s.scripts.get('one') === 'echo 2\n');
  });

  it('an FDL file that became a link and was turned since', async () => {
    const memory = (n: number) => fdl('one', 'run.sh', `      memory: ${n}Mi\n`);
    const s = await served({
      files: { 'a.yaml': memory(10), 'one.txt': memory(20), 'two.txt': memory(30), 'run.sh': 'true\n' },
    });
    await turn(s, 'a.yaml', 'one.txt');
    await s.until('the first target is served', () => s.served.get('a.yaml') === 'one 20Mi true\n');
    await turn(s, 'a.yaml', 'two.txt');
    await s.until('the second target is served', () => s.served.get('a.yaml') === 'one 30Mi true\n');
    await s.write('two.txt', memory(40));
    await s.until('what was written is served', () => s.served.get('a.yaml') === 'one 40Mi true\n');
  });

  it('is not declared again when nothing happened to it', async () => {
    const s = await served({ files: { 'a.yaml': fdl('one', 'h.sh'), 'h.sh': 'echo 0\n', 'real.sh': 'echo 1\n' } });
    await turn(s, 'h.sh', 'real.sh');
    await s.until('the target is served', () => s.scripts.get('one') === 'echo 1\n');
    await s.rescan();
    await s.rescan();
    expect(count(s, 'declared a.yaml: one')).toBe(2);
  });

  it('is known by both names, and stale only when its file changed', async () => {
    const s = await served({ start: false, files: { 'real.txt': fdl('one', 'h.sh'), 'real.sh': 'echo 1\n' } });
    await turn(s, 'a.yaml', 'real.txt');
    await turn(s, 'h.sh', 'real.sh');
    const folder = await realpath(s.folder);
    const path = join(folder, 'a.yaml');
    const content = await readContent(path, false);
    if (content.kind !== 'fdl') throw new Error(`${path} was read as ${content.kind}`);
    const ledger = createLedger();
    Object.assign(ledger.of(path), { marks: content.marks, scripts: content.scripts });
    for (const name of ['real.txt', 'h.sh', 'real.sh'])
      expect(ledger.usersOf(join(folder, name)), name).toEqual([path]);
    expect(await ledger.stale(folder, [])).toEqual([]);
    await s.write('real.sh', 'echo 1 and more\n');
    expect(await ledger.stale(folder, [])).toEqual([path]);
  });
});
