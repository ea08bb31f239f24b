import { closeSync, openSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { SandboxError } from '../../model/errors.ts';
import { folderFlags, linux, pathOf } from '../held.ts';
import { openOutput } from './output.ts';

/** A file that a script left in its output folder. */
export interface OutputFile {
  path: string;
  /** Below the output folder. */
  name: string;
  size: number;
}

export interface FindOptions {
  /** Only what is really in this folder, which is the one that is searched; absent: links are followed anywhere. */
  within?: string;
  onSkip(name: string, why: string): void;
}

/** So many files are looked at before others have their turn. */
const atOnce = 200;

function look(path: string, name: string, { within, onSkip }: FindOptions): OutputFile | undefined {
  const opened = openOutput(path, within);
  if (typeof opened === 'string') {
    onSkip(name, opened);
    return undefined;
  }
  opened.close();
  return { path, name, size: opened.info.size };
}

/** What is in a folder; a link in its place is not followed where that could lead out. */
async function entriesOf(folder: string, within: string | undefined) {
  if (within === undefined || !linux) return readdir(folder, { withFileTypes: true });
  const fd = openSync(folder, folderFlags);
  try {
    if (readlinkSync(pathOf(fd)) === folder) return await readdir(`${pathOf(fd)}/.`, { withFileTypes: true });
    throw new SandboxError('failed', 'The output folder was changed after the end of the script.');
  } finally {
    closeSync(fd);
  }
}

/** All files below a folder, first its own, then those of its folders; links to folders are not followed. */
export async function findFiles(folder: string, options: FindOptions, prefix = ''): Promise<OutputFile[]> {
  const entries = await entriesOf(join(folder, prefix), options.within);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: OutputFile[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.isDirectory()) continue;
    if (index % atOnce === atOnce - 1) await turn();
    const file = look(join(folder, prefix, entry.name), join(prefix, entry.name), options);
    if (file) found.push(file);
  }
  for (const entry of entries) {
    if (entry.isDirectory()) found.push(...(await findFiles(folder, options, join(prefix, entry.name))));
  }
  return found;
}
