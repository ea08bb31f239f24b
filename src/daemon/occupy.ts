import { rm } from 'node:fs/promises';
import type { Status } from '../api/protocol.ts';
import { SandboxError } from '../model/errors.ts';
import { type Addon, takeLock } from '../store/database.ts';
import { unpackAddon } from './addon.ts';
import { occupiedHint } from './background.ts';
import { makeDataFolder } from './datafolder.ts';
import { keepId, places, readStatus } from './files.ts';

/** Takes the data folder for this process; answers how to give it back. One daemon per data folder. */
export async function occupy(dataDir: string, addon?: Addon): Promise<() => Promise<void>> {
  const { lock, status } = places(dataDir);
  await makeDataFolder(dataDir);
  const release = takeLock(lock, addon);
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

/** Takes a data folder that is to be emptied, so that no daemon has it or starts on it; answers how to give it back. */
export async function seize(dataDir: string, cacheFolders: readonly string[]): Promise<() => void> {
  const { lock } = places(dataDir);
  const addon = await unpackAddon(cacheFolders);
  const release = tryLock(lock, addon);
  if (release) return release;
  throw new SandboxError('conflict', `A sandbox that cannot be asked to stop has ${dataDir}.`, {
    hint: 'It may be starting: try again in a moment. If it stays, end the process that has the file `lock` there open.',
  });
}

function tryLock(lock: string, addon: Addon): (() => void) | undefined {
  try {
    return takeLock(lock, addon);
  } catch (error) {
    throw new SandboxError('forbidden', `${lock} cannot be locked: ${(error as Error).message}.`, {
      hint: 'Run it as the user whose sandbox this was.',
      cause: error,
    });
  }
}

function occupied(dataDir: string, other: Status | undefined): SandboxError {
  const who = other ? ` (${other.api}, process ${other.pid})` : '';
  return new SandboxError('conflict', `A sandbox already runs on ${dataDir}${who}.`, {
    hint: occupiedHint,
  });
}
