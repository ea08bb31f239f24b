import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { SandboxError } from '../model/errors.ts';

/** What is at a path; nothing when nothing is there. A path that may not be looked at is an error that says so. */
export async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new SandboxError('invalid', `${path} cannot be looked at: ${message}.`, {
      hint: 'Check who may read it, with ls -ld on it and the folders above.',
      cause: error,
    });
  }
}
