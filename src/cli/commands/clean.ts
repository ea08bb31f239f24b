import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { findDaemon, stopDaemon } from '../../daemon/background.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Run } from '../command.ts';

/** What a sandbox leaves in its data folder; whatever else is there is somebody else's. */
const ours =
  /^(state\.db|lock)(-wal|-shm|-journal)?$|^(daemon\.json(\.new)?|daemon\.log|credentials)$|^(objects|logs|work|spool|bin|templates)$/;

/** Stops the sandbox and removes its data, after asking. */
export const clean: Run = async ({ settings, out }) => {
  const { dataDir } = settings;
  const found = (await entriesOf(dataDir)).filter((name) => ours.test(name));
  const running = await findDaemon(dataDir);
  if (found.length === 0) {
    out.value({ removed: [], dataDir }, `There is nothing of a sandbox in ${dataDir}.`);
    return 0;
  }
  const what = `${running ? 'Stop the sandbox and remove' : 'Remove'} all services, objects and logs in ${dataDir}`;
  if (!settings.on('yes') && !(await agreed(what))) {
    out.note('Nothing was removed.');
    return 1;
  }
  if (running) await stopDaemon(running);
  for (const name of found) await rm(join(dataDir, name), { recursive: true, force: true });
  // The folder itself goes only when nothing else is in it.
  if ((await entriesOf(dataDir)).length === 0) await rmdir(dataDir);
  out.value({ removed: found, dataDir }, `Removed the data in ${dataDir}.`);
  return 0;
};

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new SandboxError('invalid', `${folder} cannot be read: ${error.code}.`, { cause: error });
  });
}

async function agreed(what: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new SandboxError('invalid', 'This removes data, and there is no terminal to ask on.', {
      hint: 'Say --yes if you mean it.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
