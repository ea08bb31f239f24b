import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A sandbox in the background, as the list of processes shows it. */
export interface Serving {
  pid: number;
  dataDir: string;
}

/** The sandboxes that this very program serves in the background, of whichever data folder. */
export const servedBy = async (program: readonly string[]): Promise<Serving[]> => servingIn(await processes(), program);

/** What such a list says: a line a process, its number first. */
export function servingIn(list: readonly string[], program: readonly string[]): Serving[] {
  const begin = `${program.join(' ')} serve `;
  return list.flatMap((line) => {
    const [, pid, words = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return words.startsWith(begin) ? [{ pid: Number(pid), dataDir: words.slice(begin.length) }] : [];
  });
}

// A small Linux has no `ps`; a Mac has no /proc.
async function processes(): Promise<string[]> {
  if (process.platform === 'linux') {
    const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    return Promise.all(numbers.map(async (pid) => `${pid} ${await commandLine(pid)}`));
  }
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=', '-o', 'args='], { maxBuffer: 2 ** 26 });
  return stdout.split('\n');
}

/** What a process was started with; nothing of one that has just ended, or is closed to us. */
const commandLine = (pid: string): Promise<string> =>
  readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (words) => words.replace(/\0$/, '').replaceAll('\0', ' '),
    () => '',
  );
