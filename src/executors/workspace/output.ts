import { closeSync, fstatSync, openSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { sep } from 'node:path';
import { linux, O_PATH, pathOf } from '../held.ts';

/** An output file as it was looked at: what is put in its place afterwards is not what is read at `path`. */
export interface Opened {
  path: string;
  info: Stats;
  close(): void;
}

const NOTHING = 'it links to nothing';
const nowhere = ['ENOENT', 'ELOOP', 'ENOTDIR'];

/**
 * Holds the file that a path leads to, without opening it: that may be a device. Answers why it is no output file if
 * it is none. It has to be in the folder `within`, unless that is absent.
 */
export function openOutput(path: string, within: string | undefined): Opened | string {
  try {
    return within !== undefined && linux ? openHeld(path, within) : lookAt(path, within);
  } catch (error) {
    if (nowhere.includes((error as NodeJS.ErrnoException).code ?? '')) return NOTHING;
    throw error;
  }
}

function openHeld(path: string, within: string): Opened | string {
  const fd = openSync(path, O_PATH);
  const close = () => closeSync(fd);
  try {
    const info = fstatSync(fd);
    // Where it really is, which nobody can make another place of.
    const why = objection(info, readlinkSync(pathOf(fd)), within);
    if (!why) return { path: pathOf(fd), info, close };
    close();
    return why;
  } catch (error) {
    close();
    throw error;
  }
}

function lookAt(path: string, within: string | undefined): Opened | string {
  const real = within === undefined ? path : realpathSync(path);
  const info = statSync(real);
  return objection(info, real, within) ?? { path: real, info, close: () => undefined };
}

function objection(info: Stats, real: string, within: string | undefined): string | undefined {
  if (within !== undefined && !real.startsWith(within + sep)) return 'it links to a file outside the output folder';
  if (info.isFile()) return undefined;
  // A pipe would be waited for without end.
  return info.isDirectory() ? 'it links to a folder' : 'it is no regular file';
}
