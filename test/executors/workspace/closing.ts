/** A process that permissions bind: lets a task close folders, and tells what is left of them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createTaskFolders } from '../../../src/executors/workspace/folder.ts';
import { removeTree } from '../../../src/executors/workspace/removal.ts';
import { silent } from '../../../src/log.ts';

const NOBODY = 65534;
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

const [, , base = '', script = ''] = process.argv;
const warned: string[] = [];
const log = { ...silent, warn: (message: string) => void warned.push(message) };
const open = () => createTaskFolders({ base, log });
const close = (work: string) => execFileSync('/bin/sh', ['-c', script], { cwd: work });
/** Whether a plain removal fails: else there would be nothing to see here. */
const isClosed = (path: string): boolean => {
  try {
    rmSync(path, { recursive: true });
    return false;
  } catch {
    return true;
  }
};
const left = () => readdirSync(join(base, 'tasks'));

const folders = open();
await folders.sweep();

const probe = folders.create('probe', 'owner');
close(join(probe.root, 'work'));
const closed = isClosed(probe.root);
await removeTree(probe.root);

const folder = folders.create('demo', 'owner');
folder.equip(script, '');
close(join(folder.root, 'work'));
await folder.remove();
const afterTask = left();

close(join(folders.create('demo', 'owner').root, 'work'));
await open().sweep();
console.log(JSON.stringify({ closed, afterTask, afterSweep: left(), base: readdirSync(base).sort(), warned }));
