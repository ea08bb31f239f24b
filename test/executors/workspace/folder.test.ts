import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTaskFolders, type TaskFolder, type TaskFolders } from '../../../src/executors/workspace/folder.ts';
import { silent } from '../../../src/log.ts';

let base: string;
let folders: TaskFolders;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'folders-'));
  folders = createTaskFolders({ base, log: silent });
  await folders.sweep();
});
afterEach(() => rmSync(base, { recursive: true }));

const inode = (path: string) => statSync(path).ino;
/** Which folder was at a path. */
const inodes = new Map<string, number>();

/** A task of a service that finds a script and an input file, and does something to its folders. */
async function task(service: string, act?: (folder: TaskFolder) => void): Promise<TaskFolder> {
  const folder = folders.create(service, 'owner');
  folder.equip('echo one\n', 'export A=1\n');
  writeFileSync(join(folder.input, 'input.txt'), 'hello', { flag: 'wx' });
  inodes.set(folder.root, inode(folder.root));
  act?.(folder);
  await folder.remove();
  return folder;
}

/** The services that have folders. */
const tasks = () =>
  readdirSync(join(base, 'tasks'))
    .map((name) => name.replace(/\.\d+$/, ''))
    .sort();
const script = (folder: TaskFolder) => readFileSync(join(folder.root, 'script.sh'), 'utf8');

describe('the folders of a task', () => {
  it('serve the next task of the same service, empty', async () => {
    const { root } = await task('demo', ({ output }) => writeFileSync(join(output, 'output.txt'), ''));
    const next = folders.create('demo', 'owner');
    expect(inode(next.root)).toBe(inodes.get(root));
    expect(['in', 'out', 'work'].flatMap((name) => readdirSync(join(next.root, name)))).toEqual([]);
    next.equip('echo two\n', '');
    expect([script(next), readFileSync(join(next.root, 'env'), 'utf8').trim()]).toEqual(['echo two\n', '']);
  });

  it('have another path for each task: what one left running finds nothing where it was', async () => {
    const { root, output } = await task('demo');
    expect([existsSync(root), existsSync(output)]).toEqual([false, false]);
    const next = folders.create('demo', 'owner');
    expect([next.input, next.output]).toEqual([join(next.root, 'in'), join(next.root, 'out')]);
    expect(next.root).not.toBe(root);
  });

  it('never serve two tasks at once, nor another service', async () => {
    const { root } = await task('demo');
    const [other, first, second] = [
      folders.create('other', 'owner'),
      folders.create('demo', 'owner'),
      folders.create('demo', 'owner'),
    ];
    expect(inode(first.root)).toBe(inodes.get(root));
    expect(new Set([other.root, first.root, second.root].map(inode)).size).toBe(3);
  });

  it('hold no variables while nobody uses them: they may be secrets', async () => {
    await task('demo');
    const [left = ''] = readdirSync(join(base, 'tasks'));
    expect(readFileSync(join(base, 'tasks', left, 'env'), 'utf8')).toMatch(/^\n+$/);
    const next = folders.create('demo', 'owner');
    next.equip('echo two\n', 'export LONGER_THAN_BEFORE=1\n');
    expect(readFileSync(join(next.root, 'env'), 'utf8').trim()).toBe('export LONGER_THAN_BEFORE=1');
  });

  it('are gone with their service, those that are in use when they are given back', async () => {
    await task('demo');
    const used = folders.create('demo', 'owner');
    await task('other');
    expect(tasks()).toEqual(['demo', 'other']);
    await folders.forget('demo');
    expect(existsSync(used.root)).toBe(true);
    await used.remove();
    expect(tasks()).toEqual(['other']);
  });

  it('are gone at the end, those that are in use when they are given back', async () => {
    await task('demo');
    const used = folders.create('other', 'owner');
    await folders.close();
    expect(tasks()).toEqual(['other']);
    await used.remove();
    expect(tasks()).toEqual([]);
  });

  it.each<[string, (folder: TaskFolder) => void]>([
    ['left a folder in its output', ({ output }) => mkdirSync(join(output, 'x'))],
    ['left a file beside its folders', ({ root }) => writeFileSync(join(root, 'x'), '')],
    ['left a folder among its input', ({ input }) => mkdirSync(join(input, 'x'))],
    [
      'put a link in the place of its variables',
      ({ root }) => {
        rmSync(join(root, 'env'));
        symlinkSync('/etc/hosts', join(root, 'env'));
      },
    ],
    ['closed a folder', ({ output }) => chmodSync(output, 0o500)],
    [
      'put a link in the place of a folder',
      ({ output }) => {
        rmdirSync(output);
        symlinkSync(tmpdir(), output);
      },
    ],
    ['removed a folder', ({ output }) => rmdirSync(output)],
    ['changed its script', ({ root }) => writeFileSync(join(root, 'script.sh'), 'echo ten\n')],
    [
      'put a link in the place of its script',
      ({ root }) => {
        rmSync(join(root, 'script.sh'));
        symlinkSync(join(base, 'victim'), join(root, 'script.sh'));
      },
    ],
    ['made its variables longer', ({ root }) => appendFileSync(join(root, 'env'), 'export B=2\n')],
  ])('are removed when a task %s', async (_what, act) => {
    await task('demo', act);
    expect(tasks()).toEqual([]);
  });

  it('hold the script as it was declared, also when the last task changed its own', async () => {
    await task('demo', ({ root }) => writeFileSync(join(root, 'script.sh'), 'echo ten\n'));
    const next = folders.create('demo', 'owner');
    next.equip('echo one\n', '');
    expect(script(next)).toBe('echo one\n');
  });

  describe('lead nowhere else, whatever a process that still holds them puts in their places', () => {
    const put: Record<string, (root: string, victim: string) => void> = {
      'a link in the place of the script': (root, victim) => {
        rmSync(join(root, 'script.sh'));
        symlinkSync(join(victim, 'file'), join(root, 'script.sh'));
      },
      'another name of a file in the place of the variables': (root, victim) => {
        rmSync(join(root, 'env'));
        linkSync(join(victim, 'file'), join(root, 'env'));
      },
      'a link in the place of the variables': (root, victim) => {
        rmSync(join(root, 'env'));
        symlinkSync(join(victim, 'file'), join(root, 'env'));
      },
      'a link in the place of the input folder': (root, victim) => {
        rmdirSync(join(root, 'in'));
        symlinkSync(victim, join(root, 'in'));
      },
    };
    it.each(Object.keys(put))('%s', async (what) => {
      const victim = mkdtempSync(join(tmpdir(), 'victim-'));
      // As long as the variables were.
      writeFileSync(join(victim, 'file'), '\n'.repeat('export A=1\n'.length));
      await task('demo');
      const [left = ''] = readdirSync(join(base, 'tasks'));
      put[what]?.(join(base, 'tasks', left), victim);
      const next = folders.create('demo', 'anyone');
      const held = folders.create('demo', 'owner');
      const use = async () => {
        await held.receive(async (folder) => {
          writeFileSync(join(folder, 'x'), 'secret');
          return { file: join(folder, 'x') };
        });
        held.equip('echo two\n', 'export SECRET=1\n');
      };
      await use().catch(() => undefined);
      expect(readdirSync(victim)).toEqual(['file']);
      expect(readFileSync(join(victim, 'file'), 'utf8').trim()).toBe('');
      await Promise.all([next.remove(), held.remove()]);
      expect(readdirSync(victim)).toEqual(['file']);
      rmSync(victim, { recursive: true });
    });
  });

  it('are gone after a restart', async () => {
    await task('demo');
    expect(tasks()).toEqual(['demo']);
    await createTaskFolders({ base, log: silent }).sweep();
    expect(tasks()).toEqual([]);
  });
});
