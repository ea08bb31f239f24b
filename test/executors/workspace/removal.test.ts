import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTaskFolders } from '../../../src/executors/workspace/folder.ts';
import { removeTree } from '../../../src/executors/workspace/removal.ts';
import { silent } from '../../../src/log.ts';

let base: string;
const warned: string[] = [];
const log = { ...silent, warn: (message: string) => warned.push(message) };
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'removal-'));
  chmodSync(base, 0o777);
  warned.length = 0;
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

describe('what a script closed', () => {
  // Permissions do not bind root: where the tests are run by root, the child becomes somebody else.
  const leave = (what: string): unknown =>
    JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, 'closing.ts'), base, what]).toString());

  it.each([
    ['a folder that nobody may enter', 'mkdir d; touch d/f; chmod 000 d'],
    ['a tree that nobody may change', 'mkdir -p a/b; touch a/b/f; chmod 444 a/b/f; chmod 555 a/b a'],
    ['its own folder', 'touch f; chmod 000 .'],
    ['the folder of all its folders', 'chmod 000 ..'],
  ])('%s is removed with its task, and at the start', (_, script) => {
    expect(leave(script)).toEqual({ closed: true, afterTask: [], afterSweep: [], base: ['kept', 'tasks'], warned: [] });
  });
});

describe('what is swapped while it is removed', () => {
  it('takes nothing along that a link in the place of a folder leads to', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `f${index}`);
    const [victim, root] = [join(base, 'victim'), join(base, 'root')];
    const folder = join(root, 'd');
    for (const path of [victim, folder]) {
      mkdirSync(path, { recursive: true });
      for (const name of names) writeFileSync(join(path, name), '');
    }
    const removing = removeTree(root);
    while (readdirSync(folder).length > 250) await new Promise((resolve) => setImmediate(resolve));
    renameSync(folder, join(root, 'moved'));
    symlinkSync(victim, folder);
    await removing;
    expect(existsSync(root)).toBe(false);
    expect(readdirSync(victim).length).toBe(names.length);
  });
});

describe('what cannot be removed', () => {
  const stubborn = (stuck: string) => async (path: string) => {
    if (path.includes(stuck)) throw new Error('EPERM: operation not permitted');
    rmSync(path, { recursive: true, force: true });
  };
  const open = (stuck: string) => createTaskFolders({ base, log, remove: stubborn(stuck) });

  it('is left and told of when a task ends', async () => {
    const folders = open('.');
    await folders.sweep();
    const folder = folders.create('demo', 'owner');
    mkdirSync(join(folder.output, 'x'));
    await folder.remove();
    expect(warned).toEqual(['what a task left could not be removed']);
    expect(readdirSync(join(base, 'tasks')).length).toBe(1);
  });

  it('is put away at the start, and tried again at the next one', async () => {
    mkdirSync(join(base, 'tasks/demo.1/out'), { recursive: true });
    mkdirSync(join(base, 'trash-1'));
    writeFileSync(join(base, 'trash-1/x'), '');
    await open(join(base, 't')).sweep();
    expect(readdirSync(base).sort()).toEqual(['kept', 'tasks', 'trash-1', 'trash-2']);
    expect(existsSync(join(base, 'trash-2/demo.1'))).toBe(true);
    expect(readdirSync(join(base, 'tasks'))).toEqual([]);
    expect(warned).toEqual([
      'what a task left could not be removed',
      'what tasks left could not be removed and was put away',
    ]);
    await createTaskFolders({ base, log }).sweep();
    expect(readdirSync(base).sort()).toEqual(['kept', 'tasks']);
  });
});
