import { execFileSync } from 'node:child_process';
import { open, rename, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { count, fdl, linux, one, serving } from './watching.ts';

const served = serving();

describe('ways to save', () => {
  it('a new file renamed over the old one', async () => {
    const s = await served({ files: one });
    for (let i = 2; i < 6; i++) {
      await s.write('.a.yaml.tmp', fdl('one', 'run.sh', `      memory: ${i}00Mi\n`));
      await rename(join(s.folder, '.a.yaml.tmp'), join(s.folder, 'a.yaml'));
      await s.until('it is declared', () => count(s, 'declared a.yaml: one') === i);
    }
    expect(s.lines).not.toContain('withdrawn a.yaml');
  });

  it('the old file moved to a backup and written anew', async () => {
    const s = await served({ files: one });
    await rename(join(s.folder, 'run.sh'), join(s.folder, 'run.sh~'));
    await s.write('run.sh', 'echo 2\n');
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
    await rename(join(s.folder, 'a.yaml'), join(s.folder, 'a.yaml~'));
    await s.write('a.yaml', fdl('one', 'run.sh', '      cpu: 0.5\n'));
    await s.until('it is declared', () => count(s, 'declared a.yaml: one') === 3);
    expect(s.lines.filter((line) => !line.startsWith('declared'))).toEqual([]);
  });

  it('deleted and created', async () => {
    const s = await served({ files: one });
    await unlink(join(s.folder, 'a.yaml'));
    await s.write('a.yaml', fdl('one', 'run.sh', '      cpu: 0.5\n'));
    await s.until('it is declared', () => count(s, 'declared a.yaml: one') === 2);
    expect(s.lines).not.toContain('withdrawn a.yaml');
  });

  it.runIf(linux)(
    'a slow program that keeps the file open is waited for, and nothing half-written is declared',
    async () => {
      const s = await served({ files: one });
      const file = await open(join(s.folder, 'a.yaml'), 'w');
      const text = fdl('one', 'run.sh', '      cpu: 0.5\n      memory: 1Gi\n');
      // Each part is an FDL file in itself from the script on.
      for (const [i, line] of text.split(/(?<=\n)/).entries()) {
        await file.write(line);
        await s.write('other.yaml', fdl('other', 'run.sh', `      memory: ${i + 1}Mi\n`));
        await s.until(
          'the other file is declared',
          () => s.lines.at(-1) === 'declared other.yaml: other' && s.lines.length > 1,
        );
        s.lines.push('next');
      }
      expect(count(s, 'declared a.yaml: one')).toBe(1);
      await file.close();
      await s.until('it is declared', () => count(s, 'declared a.yaml: one') === 2);
      expect(s.lines.filter((line) => line.startsWith('refused'))).toEqual([]);
    },
  );

  it.runIf(linux)('a slow program that writes the script is waited for', async () => {
    const s = await served({ files: one });
    const file = await open(join(s.folder, 'run.sh'), 'w');
    await file.write('echo half\n');
    await s.write('b.yaml', fdl('two', 'two.sh'));
    await s.write('two.sh', 'true\n');
    await s.until('the other file is declared', () => s.lines.includes('declared b.yaml: two'));
    expect(s.scripts.get('one')).toBe('echo 1\n');
    await file.write('echo whole\n');
    await file.close();
    await s.until('the whole script is served', () => s.scripts.get('one') === 'echo half\necho whole\n');
  });

  it.runIf(linux)('a program that never closes the file is named', async () => {
    const s = await served({ files: one });
    const file = await open(join(s.folder, 'a.yaml'), 'a');
    await file.write('      cpu: 0.5\n');
    await s.write('b.yaml', fdl('two'));
    await s.until('the other file is declared', () => s.lines.includes('declared b.yaml: two'));
    s.forward(3000);
    await s.until('it is told', () => s.events.some((event) => event.kind === 'waiting'));
    const told = s.events.find((event) => event.kind === 'waiting');
    expect(told?.text).toContain(`(process ${process.pid})`);
    await file.close();
    await s.until(
      'it is declared',
      () => s.served.get('a.yaml') === 'one undefined echo 1\n' && count(s, 'declared a.yaml: one') === 2,
    );
  });

  it('a hundred saves in a row end with the last one', async () => {
    const s = await served({ files: one });
    for (let i = 0; i < 100; i++) await s.write('run.sh', `echo ${i}\n`);
    await s.until('the last is served', () => s.scripts.get('one') === 'echo 99\n');
  });

  it('a link whose file is written where it is', async () => {
    const s = await served();
    const far = await served({ files: { 'real.txt': fdl('one'), 'real.sh': 'echo 1\n' } });
    await symlink(join(far.folder, 'real.txt'), join(s.folder, 'a.yaml'));
    await symlink(join(far.folder, 'real.sh'), join(s.folder, 'run.sh'));
    await s.until('it is declared', () => s.scripts.get('one') === 'echo 1\n');
    await far.write('real.sh', 'echo 2\n');
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
    await far.write('real.txt', fdl('one', 'run.sh', '      memory: 1Gi\n'));
    await s.until('the new file is served', () => s.served.get('a.yaml') === 'one 1Gi echo 2\n');
  });

  it('names with blanks and letters of all kinds', async () => {
    const s = await served();
    await s.write('mañana mía/ä b.yaml', fdl('one', 'x y.sh'));
    await s.write('mañana mía/x y.sh', 'echo 1\n');
    await s.until('it is declared', () => s.lines.includes('declared mañana mía/ä b.yaml: one'));
  });

  it('a link that is turned to another folder, as Kubernetes does with a ConfigMap', async () => {
    const s = await served();
    const at = (path: string) => join(s.folder, path);
    await s.write('..one/a.yaml', fdl('one'));
    await s.write('..one/run.sh', 'echo 1\n');
    await symlink('..one', at('..data'));
    await symlink('..data/run.sh', at('run.sh'));
    await symlink('..data/a.yaml', at('a.yaml'));
    await s.until('it is declared', () => s.scripts.get('one') === 'echo 1\n');
    await s.write('..two/a.yaml', fdl('one'));
    await s.write('..two/run.sh', 'echo 2\n');
    await symlink('..two', at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
    expect(count(s, 'declared a.yaml: one')).toBe(2);
  });

  it('git checks 200 files out, and each is declared once', async () => {
    const s = await served();
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
        cwd: s.folder,
        stdio: 'pipe',
      });
    const names = Array.from({ length: 200 }, (_, i) => `s${String(i).padStart(3, '0')}`);
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'empty');
    git('checkout', '-q', '-b', 'full');
    for (const name of names) {
      await s.write(`${name}/fdl.yaml`, fdl(name));
      await s.write(`${name}/run.sh`, `echo ${name}\n`);
    }
    git('add', '.');
    git('commit', '-q', '-m', 'all');
    await s.until('all are declared', () => names.every((name) => s.scripts.has(name)));
    git('checkout', '-q', 'main');
    await s.until('all are withdrawn', () => s.lines.filter((line) => line.startsWith('withdrawn')).length === 200);
    s.lines.length = 0;
    git('checkout', '-q', 'full');
    await s.until('all are declared', () => s.lines.length >= 200);
    expect(s.lines.toSorted()).toEqual(names.map((name) => `declared ${name}/fdl.yaml: ${name}`));
  });
});
