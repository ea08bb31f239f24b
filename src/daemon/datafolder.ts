import { access, chmod, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SandboxError } from '../model/errors.ts';
import { places } from './files.ts';

// SQLite opens no longer path, whatever the file system would take.
const longestPath = 511;

/** Makes the data folder for its owner alone, or tells why it cannot be one. */
export async function makeDataFolder(dataDir: string): Promise<void> {
  const { database, spool } = places(dataDir);
  const longest = Buffer.byteLength(`${database}-journal`);
  if (longest > longestPath) {
    throw unusable(dataDir, `its path is ${longest - longestPath} bytes too long`);
  }
  try {
    for (const folder of [dataDir, spool]) await makeFolder(folder);
    // It may have been there before, open to everyone.
    if ((await stat(dataDir)).uid === process.getuid?.()) await chmod(dataDir, 0o700);
    await access(dataDir, constants.W_OK);
  } catch (error) {
    throw unusable(dataDir, (error as Error).message, error);
  }
}

const unusable = (dataDir: string, why: string, cause?: unknown) =>
  new SandboxError('invalid', `The data folder ${dataDir} cannot be used: ${why}.`, {
    hint: 'Choose a folder that you may write to with --data-dir.',
    cause,
  });

// Not `recursive`: that never ends below a folder that answers ENOENT to every new one, as /proc does.
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await makeOne(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
