import { open, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, whyNot } from '../../daemon/datafolder.ts';
import { type Check, fail, ok, type Scene, warn } from './check.ts';

const gigabyte = 1024 ** 3;

/** The data folder: may we write, is there room, how long until a write is safe? */
export const dataFolder: Check = {
  name: 'data folder',
  look: async ({ settings: { dataDir } }) => {
    const probe = await probeFolder(dataDir).catch((error: Error) => error);
    if (probe instanceof Error) {
      return fail(`${dataDir} cannot be written: ${whyNot(probe)}`, 'Choose another with --data-dir.');
    }
    const { free, milliseconds } = probe;
    const text = `${dataDir}, ${(free / gigabyte).toFixed(1)} GiB free, a safe write takes ${milliseconds.toFixed(1)} ms`;
    if (free < gigabyte / 10) return fail(text, 'Make room, or choose another disk with --data-dir.');
    if (free < gigabyte) return warn(text, 'Make room: objects and logs are kept here.');
    if (milliseconds > 50)
      return warn(text, 'The disk is slow, and so is every upload: choose another with --data-dir.');
    return ok(text);
  },
};

async function probeFolder(folder: string): Promise<{ free: number; milliseconds: number }> {
  const made = await makeFolder(folder, 0o700);
  const file = join(folder, `.doctor-${process.pid}`);
  const handle = await open(file, 'w', 0o600);
  try {
    const began = performance.now();
    const rounds = 5;
    for (let round = 0; round < rounds; round++) {
      await handle.write(Buffer.alloc(4096));
      await handle.sync();
    }
    const milliseconds = (performance.now() - began) / rounds;
    const { bavail, bsize } = await statfs(folder);
    return { free: bavail * bsize, milliseconds };
  } finally {
    await handle.close();
    await rm(file, { force: true });
    // Looking leaves nothing behind.
    if (made) await removeMade(folder, made);
  }
}

async function removeMade(folder: string, first: string): Promise<void> {
  for (let path = folder; path.length >= first.length; path = dirname(path)) await rmdir(path);
}

/** Is a sandbox running, and is the last one properly gone? */
export const sandbox: Check = {
  name: 'sandbox',
  look: async (scene: Scene) => {
    if (scene.running) return ok(`runs at ${scene.running.api}, process ${scene.running.pid}`);
    const { readStatus } = await import('../../daemon/files.ts');
    const left = await readStatus(scene.settings.dataDir);
    if (!left) return ok('none runs; `oscar-sandbox up` starts one');
    return warn(
      `the last one (process ${left.pid}) ended without a word`,
      'Nothing is lost: `oscar-sandbox up` goes on.',
    );
  },
};
