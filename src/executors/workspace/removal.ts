import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const isRefused = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Links are not followed: what they lead to is not ours to open. */
async function open(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await open(join(folder, entry.name));
  }
}

/** Removes a file or a folder with all in it, also when a script closed folders or left them read-only. */
export async function removeTree(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    if (!isRefused(error)) throw error;
    await open(path);
    await remove();
  }
}
