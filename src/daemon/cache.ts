import { createHash, randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './datafolder.ts';

/** What the program unpacks into its cache: each by a hash, and perhaps not whole. */
export const unpacked = /^[0-9a-f]{32}\.node(\.[\w-]+)?$/;

/** Where in a cache that is. */
export const unpackedFolder = (cache: string): string => join(cache, 'sqlite');

/** Answers a file of these bytes in the cache, whole and the very same; another process may do this at the same time. */
export async function unpack(cache: string, bytes: Buffer): Promise<string> {
  const hash = digest(bytes);
  await makeOurs(cache);
  const folder = await makeOurs(unpackedFolder(cache));
  const name = `${hash.slice(0, 32)}.node`;
  const file = join(folder, name);
  if (await holds(file, hash)) return file;
  const part = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(part, bytes, { mode: 0o500, flag: 'wx' });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await removeOthers(folder, name);
  return file;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function holds(file: string, hash: string): Promise<boolean> {
  try {
    return digest(await readFile(file)) === hash;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Makes a folder that is ours alone; answers where it really is. Whoever else may write there, or lead a link of theirs
 * elsewhere, could have us run what they like.
 */
async function makeOurs(folder: string): Promise<string> {
  await makeFolder(folder, 0o700);
  const us = process.getuid?.();
  if ((await lstat(folder)).uid !== us) throw new Error(`${folder} belongs to somebody else`);
  const real = await realpath(folder);
  const { uid, mode } = await stat(real);
  if (uid !== us || (mode & 0o022) !== 0) throw new Error(`others may write to ${folder}`);
  return real;
}

/** What is younger may be another version's that starts right now, and has yet to load it. */
const hour = 3_600_000;

/** Removes what other versions have unpacked: whoever runs one has it loaded. */
async function removeOthers(folder: string, mine: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => unpacked.test(name) && name !== mine);
  for (const file of names.map((name) => join(folder, name))) {
    try {
      if ((await lstat(file)).mtimeMs < Date.now() - hour) await rm(file, { force: true });
    } catch {
      // Another start has removed it, or it is no file: nothing depends on its going.
    }
  }
}
