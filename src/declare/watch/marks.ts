import { stat } from 'node:fs/promises';

/** What tells one state of a file from another without reading it. */
export interface Mark {
  path: string;
  dev: number;
  ino: number;
  size: number;
  mtime: number;
}

/** The mark of a file as it is now, a blank one when we may not look at it; undefined when there is no such file. */
export async function markOf(path: string): Promise<Mark | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return undefined;
    return { path, dev: found.dev, ino: found.ino, size: found.size, mtime: found.mtimeMs };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (isForbidden(error)) return { path, dev: 0, ino: 0, size: 0, mtime: 0 };
    throw error;
  }
}

/** Has nothing happened to the file? */
export const sameMark = (a: Mark | undefined, b: Mark | undefined): boolean =>
  a?.dev === b?.dev && a?.ino === b?.ino && a?.size === b?.size && a?.mtime === b?.mtime;

/** Does the error say that nothing is there? */
export const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error));

/** Does the error say that something is there, but not for us? */
export const isForbidden = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(codeOf(error));

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
