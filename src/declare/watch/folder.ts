import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SandboxError } from '../../model/errors.ts';
import { isAbsent, isForbidden } from './marks.ts';

const maxDepth = 32;

/** Is this a file that may hold services? */
export const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path);

/** Folders that are never looked into: hidden ones and those of package managers. */
export const isSkipped = (name: string): boolean => name === 'node_modules' || name.startsWith('.');

/** Is any part of the path, below the folder, one that is never looked into? */
export const isHidden = (folder: string, path: string): boolean =>
  relative(folder, path)
    .split(sep)
    .some((part) => part !== '..' && isSkipped(part));

/** Every YAML file below a folder, each real file once, in the order of the alphabet. */
export async function listYaml(folder: string): Promise<string[]> {
  const seen = new Set<string>();
  const found: string[] = [];
  await walk(folder, { seen, found, depth: 0 });
  return found;
}

interface Walk {
  /** Real paths: a link that leads back, or a second name of a file, is not followed. */
  seen: Set<string>;
  found: string[];
  depth: number;
}

async function walk(folder: string, state: Walk): Promise<void> {
  if (state.depth > maxDepth || !(await isNew(folder, state))) return;
  const entries = await look(() => readdir(folder, { withFileTypes: true }), []);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isSkipped(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, { ...state, depth: state.depth + 1 });
    else if (entry.isFile() && isYaml(path)) await add(path, state);
    else if (entry.isSymbolicLink()) await follow(path, state);
  }
}

async function follow(path: string, state: Walk): Promise<void> {
  const target = await look(() => stat(path), undefined);
  if (target?.isDirectory()) await walk(path, { ...state, depth: state.depth + 1 });
  else if (target?.isFile() && isYaml(path)) await add(path, state);
}

async function add(path: string, state: Walk): Promise<void> {
  if (await isNew(path, state)) state.found.push(path);
}

async function isNew(path: string, { seen }: Walk): Promise<boolean> {
  const real = await look(() => realpath(path), undefined);
  if (real === undefined || seen.has(real)) return false;
  seen.add(real);
  return true;
}

/** Files go while they are looked at, and some are not ours to look at. */
async function look<T>(at: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await at();
  } catch (error) {
    if (isAbsent(error) || isForbidden(error)) return otherwise;
    throw error;
  }
}

/** Is the path below the folder? */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Throws unless there is such a folder. */
export async function demandFolder(folder: string): Promise<void> {
  const found = await look(() => stat(folder), undefined);
  if (found?.isDirectory()) return;
  const what = found ? 'is not a folder' : 'does not exist';
  throw new SandboxError('invalid', `${folder} ${what}.`, { hint: 'Name a folder that holds FDL files.' });
}

/** May the path be a file of the folder that holds services? */
export const isServable = (folder: string, path: string): boolean =>
  isYaml(path) && isWithin(folder, path) && !isHidden(folder, path);
