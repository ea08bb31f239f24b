import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A file that a script left in its output folder. */
export interface OutputFile {
  path: string;
  /** Below the output folder. */
  name: string;
  size: number;
}

export interface FindOptions {
  /** Links that lead out of here are not followed; absent: all are. */
  within?: string;
  onSkip(name: string, why: string): void;
}

/** Undefined for a link that leads to nothing. */
async function follow(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function look(path: string, name: string, { within, onSkip }: FindOptions): Promise<OutputFile | undefined> {
  const real = await follow(path);
  if (real === undefined || (within !== undefined && !real.startsWith(within + sep))) {
    onSkip(name, real ? 'it links to a file outside the output folder' : 'it links to nothing');
    return undefined;
  }
  const info = await stat(real);
  if (info.isFile()) return { path, name, size: info.size };
  // A pipe would be waited for without end.
  onSkip(name, info.isDirectory() ? 'it links to a folder' : 'it is no regular file');
  return undefined;
}

/** All files below a folder, first its own, then those of its folders; links to folders are not followed. */
export async function findFiles(folder: string, options: FindOptions, prefix = ''): Promise<OutputFile[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: OutputFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const file = await look(join(folder, prefix, entry.name), join(prefix, entry.name), options);
    if (file) found.push(file);
  }
  for (const entry of entries) {
    if (entry.isDirectory()) found.push(...(await findFiles(folder, options, join(prefix, entry.name))));
  }
  return found;
}
