import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Surroundings } from '../config.ts';

/** What an installation wrote down: all that it put on this machine. */
export interface Receipt {
  /** Where this is written. */
  file: string;
  programs: string[];
  /** The data folders of the sandboxes that were started with it. */
  data: string[];
  /** The folders that were not there before. */
  folders: string[];
}

/** What the installer of this user wrote down; without a receipt, that is nothing. */
export async function readReceipt({ env, home }: Surroundings): Promise<Receipt> {
  const file = join(env.XDG_STATE_HOME || join(home, '.local/state'), 'oscar-sandbox', 'installed');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw error;
  });
  // Two installers at the same time may have written the same line.
  const lines = [...new Set(text.split('\n'))];
  const named = (word: string) =>
    lines.flatMap((line) => {
      const path = line.startsWith(`${word} `) ? line.slice(word.length + 1) : '';
      return isAbsolute(path) ? [path] : [];
    });
  return {
    file,
    // A line that went wrong must not cost somebody another program.
    programs: named('program').filter((path) => basename(path) === 'oscar-sandbox'),
    data: named('data'),
    folders: [...named('folder'), ...(text === '' ? [] : [dirname(file)])],
  };
}
