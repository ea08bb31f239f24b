import {
  chmodSync,
  existsSync,
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
  folders = createTaskFolders({ base, access: 'owner', log: silent });
  await folders.sweep();
});
afterEach(() => rmSync(base, { recursive: true }));

const inode = (path: string) => statSync(path).ino;
/** Which folder was at a path. */
const inodes = new Map<string, number>();

/** A task of a service that finds a script and an input file, and does something to its folders. */
async function task(service: string, act?: (folder: TaskFolder) => void): Promise<TaskFolder> {
  const folder = folders.create(service);
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
    const next = folders.create('demo');
    expect(inode(next.root)).toBe(inodes.get(root));
    expect(['in', 'out', 'work'].flatMap((name) => readdirSync(join(next.root, name)))).toEqual([]);
    next.equip('echo two\n', '');
    expect([script(next), readFileSync(join(next.root, 'env'), 'utf8').trim()]).toEqual(['echo two\n', '']);
  });

  it('have another path for each task: what one left running finds nothing where it was', async () => {
    const { root, output } = await task('demo');
    expect([existsSync(root), existsSync(output)]).toEqual([false, false]);
    const next = folders.create('demo');
    expect([next.input, next.output]).toEqual([join(next.root, 'in'), join(next.root, 'out')]);
    expect(next.root).not.toBe(root);
  });

  it('never serve two tasks at once, nor another service', async () => {
    const { root } = await task('demo');
    const [other, first, second] = [folders.create('other'), folders.create('demo'), folders.create('demo')];
    expect(inode(first.root)).toBe(inodes.get(root));
    expect(new Set([other.root, first.root, second.root].map(inode)).size).toBe(3);
  });

  it('hold no variables while nobody uses them: they may be secrets', async () => {
    await task('demo');
    const [left = ''] = readdirSync(join(base, 'tasks'));
    expect(readFileSync(join(base, 'tasks', left, 'env'), 'utf8')).toMatch(/^\n+$/);
    const next = folders.create('demo');
    next.equip('echo two\n', 'export LONGER_THAN_BEFORE=1\n');
    expect(readFileSync(join(next.root, 'env'), 'utf8').trim()).toBe('export LONGER_THAN_BEFORE=1');
  });

  it('are gone with their service, those that are in use when they are given back', async () => {
    await task('demo');
    const used = folders.create('demo');
    await task('other');
    expect(tasks()).toEqual(['demo', 'other']);
    await folders.forget('demo');
    expect(existsSync(used.root)).toBe(true);
    await used.remove();
    expect(tasks()).toEqual(['other']);
  });

  it('are gone at the end, those that are in use when they are given back', async () => {
    await task('demo');
    const used = folders.create('other');
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
  ])('are removed when a task %s', async (_what, act) => {
    await task('demo', act);
    expect(tasks()).toEqual([]);
  });

  it('hold the script as it was declared, also when the last task changed its own', async () => {
    await task('demo', ({ root }) => writeFileSync(join(root, 'script.sh'), 'echo ten\n'));
    const next = folders.create('demo');
    next.equip('echo one\n', '');
    expect(script(next)).toBe('echo one\n');
  });

  it('are gone after a restart', async () => {
    await task('demo');
    expect(tasks()).toEqual(['demo']);
    await createTaskFolders({ base, access: 'owner', log: silent }).sweep();
    expect(tasks()).toEqual([]);
  });
});
