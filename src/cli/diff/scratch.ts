import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../daemon/background.ts';
import { asSandboxError } from '../../model/errors.ts';
import type { Context } from '../command.ts';
import { clearPlace } from './place.ts';

/** A folder for one comparison. */
export interface Scratch {
  folder: string;
  /** Set when it is needed to take the rest away. */
  isNeeded: boolean;
}

// Whose it is, is in its name: a process that is gone needs it no more.
const named = /^oscar-sandbox-diff-(\d+)-/;

/** Lends a folder to the work; it stays only when it is needed to take the rest away. */
export async function withScratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const made = await mkdtemp(join(tmpdir(), `oscar-sandbox-diff-${process.pid}-`));
  const scratch = { folder: await realpath(made), isNeeded: false };
  try {
    return await work(scratch);
  } finally {
    if (!scratch.isNeeded) await rm(scratch.folder, { recursive: true, force: true });
  }
}

/** Takes away what comparisons have left that were killed: their folders, with secrets in them, and their containers. */
export async function sweepScratch(context: Context): Promise<void> {
  const { out } = context;
  const root = await realpath(tmpdir());
  for (const name of await readdir(root)) {
    const folder = join(root, name);
    const warn = (why: string) => out.warn(`Of a diff that was killed, ${folder} stays. ${why}`);
    try {
      if (!(await isAbandoned(folder, name))) continue;
      if (await removed(context, folder, warn)) out.note('Removed what a diff that was killed had left.');
    } catch (error) {
      warn(asSandboxError(error).message);
    }
  }
}

async function isAbandoned(folder: string, name: string): Promise<boolean> {
  const pid = named.exec(name)?.[1];
  if (pid === undefined || isAlive(Number(pid))) return false;
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === process.getuid?.();
}

async function removed(context: Context, folder: string, warn: (why: string) => void): Promise<boolean> {
  const left: string[] = [];
  const places = (await readdir(folder)).filter((name) => name.startsWith('sandbox-'));
  for (const name of places) {
    await clearPlace({ context, dataDir: join(folder, name), onLeft: (sentence) => left.push(sentence) });
  }
  for (const sentence of left) warn(sentence);
  if (left.length === 0) await rm(folder, { recursive: true, force: true });
  return left.length === 0;
}
