import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { getAssetKeys, getRawAsset, isSea } from 'node:sea';

/** Is this the one executable, with its files inside it? */
export const packaged: boolean = isSea();

/** What the program's files lie below, where they are files: a clone, or the folder of the npm package. */
const root = join(import.meta.dirname, '..');

/** Where a shipped file lies on the disk; not in the executable. */
export const shippedPath = (name: string): string => join(root, name);

/** The bytes of a file that comes with the program: `templates/echo/echo.sh`. */
export const shippedFile = (name: string): Buffer =>
  packaged ? Buffer.from(getRawAsset(name) as ArrayBuffer) : readFileSync(join(root, name));

/** The names of all files below a folder that comes with the program, sorted; none when there is no such folder. */
export function shippedFiles(folder: string): string[] {
  if (packaged) return [...getAssetKeys()].filter((name) => name.startsWith(`${folder}/`)).sort();
  return filesIn(join(root, folder))
    .map((file) => relative(root, file).split(sep).join('/'))
    .sort();
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
