import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { engineEnvironment } from '../../config.ts';
import { findDaemon, stopDaemon } from '../../daemon/background.ts';
import { type Cleared, clearEngine, type Labelled } from '../../daemon/leftovers.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Run } from '../command.ts';

/** What a sandbox leaves in its data folder; whatever else is there is somebody else's. */
const ours =
  /^(state\.db|lock)(-wal|-shm|-journal)?$|^(daemon\.json(\.new)?|daemon\.log|credentials|engine|id(\.new)?)$|^(objects|logs|work|spool|bin|templates)$/;

/** Stops the sandbox and removes its data, after asking. */
export const clean: Run = async ({ settings, around, out }) => {
  const { dataDir } = settings;
  const found = (await entriesOf(dataDir)).filter((name) => ours.test(name));
  const running = await findDaemon(dataDir);
  const stop = running ? 'Stop the sandbox and remove' : 'Remove';
  const what = `${stop} all services, objects and logs in ${dataDir}, and its containers and volumes`;
  if (found.length > 0 && !settings.on('yes') && !(await agreed(what))) {
    out.note('Nothing was removed.');
    return 1;
  }
  if (running) await stopDaemon(running);
  const cleared = await clearEngine(dataDir, engineEnvironment(around));
  const gone = found.filter((name) => !isNeeded(name, cleared));
  for (const name of gone) await rm(join(dataDir, name), { recursive: true, force: true });
  // The folder itself goes only when nothing else is in it.
  if (found.length > 0 && (await entriesOf(dataDir)).length === 0) await rmdir(dataDir);
  if (cleared && 'unreached' in cleared) {
    out.warn(`What is left of it on the container engine at ${cleared.unreached} stays: the engine does not answer.`);
    out.note('Start the engine and run clean once more.');
  }
  const { left, ...counts } = cleared && 'containers' in cleared ? cleared : none;
  for (const why of left) out.warn(`Something stays on the container engine: ${why}`);
  out.value({ removed: gone, ...counts, dataDir }, sentence(gone, counts, dataDir));
  return 0;
};

/** What stays on an engine is found by these the next time. */
const isNeeded = (name: string, cleared: Cleared): boolean =>
  ['id', 'engine'].includes(name) && cleared !== undefined && ('unreached' in cleared || cleared.left.length > 0);

const none: Labelled = { containers: 0, networks: 0, volumes: 0, left: [] };

function sentence(found: string[], counts: Omit<Labelled, 'left'>, dataDir: string): string {
  const gone = Object.entries(counts).flatMap(([noun, count]) =>
    count === 0 ? [] : [`${count} ${count === 1 ? noun.slice(0, -1) : noun}`],
  );
  const removed = [...(found.length > 0 ? [`the data in ${dataDir}`] : []), ...gone];
  return removed.length > 0 ? `Removed ${removed.join(', ')}.` : `There is nothing of a sandbox in ${dataDir}.`;
}

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
