import { execFileSync } from 'node:child_process';
import { mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { count, fdl, linux, one, serving } from './watching.ts';

const served = serving();

describe('what is saved is declared', () => {
  it('the folder is served when scan resolves', async () => {
    const s = await served({ files: { ...one, 'deep/er/b.yml': fdl('two', '../../run.sh') } });
    expect(s.lines.toSorted()).toEqual(['declared a.yaml: one', 'declared deep/er/b.yml: two']);
    expect(s.scripts.get('two')).toBe('echo 1\n');
  });

  it('a changed script declares its service again', async () => {
    const s = await served({ files: one });
    await s.write('run.sh', 'echo 2\n');
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
  });

  it('a script outside the folder is watched too', async () => {
    const s = await served();
    await s.write('inner/run.sh', 'echo 1\n');
    const inner = await served();
    const outside = join(s.folder, 'inner/run.sh');
    await inner.write('a.yaml', fdl('one', join('..', outside.split('/').slice(-3).join('/'))));
    await inner.until('it is declared', () => inner.scripts.get('one') === 'echo 1\n');
    await s.write('inner/run.sh', 'echo 2\n');
    await inner.until('the new script is served', () => inner.scripts.get('one') === 'echo 2\n');
  });

  it('a changed FDL file is declared again, and a service that left it is no longer in the list', async () => {
    const s = await served({ files: one });
    await s.write('a.yaml', `${fdl('one')}  - local:\n      name: two\n      image: busybox\n      script: run.sh\n`);
    await s.until('both are declared', () => s.lines.includes('declared a.yaml: one two'));
    await s.write('a.yaml', fdl('two'));
    await s.until('one is declared', () => s.lines.includes('declared a.yaml: two'));
  });

  it('a new folder with a file in it is served', async () => {
    const s = await served({ files: one });
    await s.write('new/folder/b.yaml', fdl('two', 'two.sh'));
    await s.write('new/folder/two.sh', 'echo 2\n');
    await s.until('it is declared', () => s.lines.includes('declared new/folder/b.yaml: two'));
  });

  it('the same content saved again is not declared again', async () => {
    const s = await served({ files: one });
    await s.write('a.yaml', one['a.yaml']);
    await s.write('b.yaml', fdl('two'));
    await s.until('the file saved later is declared', () => s.lines.includes('declared b.yaml: two'));
    expect(count(s, 'declared a.yaml: one')).toBe(1);
  });

  it('CRLF files are read', async () => {
    const s = await served({ files: { 'a.yaml': fdl('one').replaceAll('\n', '\r\n'), 'run.sh': 'echo 1\r\n' } });
    expect(s.lines).toEqual(['declared a.yaml: one']);
    expect(s.scripts.get('one')).toBe('echo 1\r\n');
  });
});

describe('what is not a save', () => {
  it('an emptied script', async () => {
    const s = await served({ files: one });
    await s.write('run.sh', '');
    await s.write('b.yaml', fdl('two', 'two.sh'));
    await s.write('two.sh', 'true\n');
    await s.until('a file saved later is declared', () => s.lines.includes('declared b.yaml: two'));
    expect(s.scripts.get('one')).toBe('echo 1\n');
    expect(s.lines.filter((line) => line.startsWith('refused'))).toEqual([]);
    await s.write('run.sh', 'echo 2\n');
    await s.until('the new script is served', () => s.scripts.get('one') === 'echo 2\n');
  });

  it('an emptied FDL file', async () => {
    const s = await served({ files: one });
    await s.write('a.yaml', '');
    await s.write('b.yaml', fdl('two'));
    await s.until('a file saved later is declared', () => s.lines.includes('declared b.yaml: two'));
    expect(s.lines).toEqual(['declared a.yaml: one', 'declared b.yaml: two']);
  });

  it('other YAML, hidden folders and packages', async () => {
    const s = await served({
      files: {
        ...one,
        'values.yaml': 'replicas: {{ .Values.n }}: 3\n',
        'compose.yml': 'services: {}\n',
        '.git/x.yaml': fdl('hidden'),
        'node_modules/p/x.yaml': fdl('package'),
        'notes.txt': fdl('text'),
      },
    });
    expect(s.lines).toEqual(['declared a.yaml: one']);
  });

  it('a pipe called like an FDL file', async () => {
    const s = await served();
    execFileSync('mkfifo', [join(s.folder, 'pipe.yaml')]);
    await s.write('a.yaml', fdl('one'));
    await s.write('run.sh', 'true\n');
    await s.until('the real file is declared', () => s.lines.includes('declared a.yaml: one'));
  });
});

describe('what is deleted is withdrawn', () => {
  it('a removed file, and it comes back when the file does', async () => {
    const s = await served({ files: one });
    await unlink(join(s.folder, 'a.yaml'));
    await s.until('it is withdrawn', () => s.lines.includes('withdrawn a.yaml'));
    await s.write('a.yaml', one['a.yaml']);
    await s.until('it is declared', () => count(s, 'declared a.yaml: one') === 2);
  });

  it('a moved folder is declared at its new place before it is withdrawn at the old one', async () => {
    const s = await served({ files: { 'x/a.yaml': fdl('one'), 'x/run.sh': 'echo 1\n' } });
    await rename(join(s.folder, 'x'), join(s.folder, 'y'));
    await s.until('the old place is withdrawn', () => s.lines.includes('withdrawn x/a.yaml'));
    expect(s.lines).toEqual(['declared x/a.yaml: one', 'declared y/a.yaml: one', 'withdrawn x/a.yaml']);
  });

  it('a removed folder', async () => {
    const s = await served({ files: { 'x/a.yaml': fdl('one'), 'x/run.sh': 'echo 1\n' } });
    await rm(join(s.folder, 'x'), { recursive: true });
    await s.until('it is withdrawn', () => s.lines.includes('withdrawn x/a.yaml'));
  });

  it('a file that went while nobody watched', async () => {
    const s = await served({ files: { ...one, 'b.yaml': fdl('two') } });
    s.lines.length = 0;
    await unlink(join(s.folder, 'b.yaml'));
    await s.restart();
    expect(s.lines).toEqual(['withdrawn b.yaml']);
  });
});

it('a clock that is set back holds nothing up', async () => {
  const s = await served({ files: { ...one, 'b.yaml': fdl('two') } });
  await unlink(join(s.folder, 'a.yaml'));
  await s.rescan();
  await s.write('c.yaml', fdl('three', 'three.sh'));
  await unlink(join(s.folder, 'b.yaml'));
  s.setClock(-3_600_000);
  await s.until('what is gone is withdrawn', () => s.lines.includes('withdrawn b.yaml'));
  s.setClock(-3_600_000);
  await s.write('three.sh', 'true\n');
  await s.until('what was lacking is declared', () => s.lines.includes('declared c.yaml: three'));
});

describe('across restarts', () => {
  it('an unchanged file is not declared again, a changed one is', async () => {
    const s = await served({ files: { ...one, 'b.yaml': fdl('two', 'two.sh'), 'two.sh': 'echo 2\n' } });
    s.lines.length = 0;
    await s.write('two.sh', 'echo 3\n');
    await s.restart();
    expect(s.lines.filter((line) => line !== 'declared b.yaml: two')).toEqual([]);
    expect(s.scripts.get('two')).toBe('echo 3\n');
  });

  it.runIf(linux)('a file that is being written at the start is not waited for', async () => {
    const s = await served({ files: one, start: false });
    const file = await open(join(s.folder, 'b.yaml'), 'w');
    await file.write(fdl('two'));
    await s.restart();
    expect(s.lines).toEqual(['declared a.yaml: one']);
    await file.close();
    await s.until('it is declared', () => s.lines.includes('declared b.yaml: two'));
  });

  it('an empty folder is served at once', async () => {
    const s = await served({ start: false });
    await mkdir(join(s.folder, 'later'));
    await s.restart();
    expect(s.lines).toEqual([]);
  });
});
