import { rm } from 'node:fs/promises';
import type { Status } from '../api/protocol.ts';
import { SandboxError } from '../model/errors.ts';
import { takeLock } from '../store/database.ts';
import { makeDataFolder } from './datafolder.ts';
import { keepId, places, readStatus } from './files.ts';

/** Takes the data folder for this process; answers how to give it back. One daemon per data folder. */
export async function occupy(dataDir: string): Promise<() => Promise<void>> {
  const { lock, status } = places(dataDir);
  await makeDataFolder(dataDir);
  const release = takeLock(lock);
  if (!release) throw occupied(dataDir, await readStatus(dataDir));
  await keepId(dataDir).catch((error: unknown) => {
    release();
    throw error;
  });
  return async () => {
    await rm(status, { force: true });
    release();
  };
}

function occupied(dataDir: string, other: Status | undefined): SandboxError {
  const who = other ? ` (${other.api}, process ${other.pid})` : '';
  return new SandboxError('conflict', `A sandbox already runs on ${dataDir}${who}.`, {
    hint: 'Use that one, stop it with `oscar-sandbox down`, or start another with --data-dir.',
  });
}
