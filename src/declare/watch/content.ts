import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { type FdlFile, loadFdl } from '../fdl.ts';
import { isMeantAsFdl } from '../meant.ts';
import { resolveScripts } from '../scripts.ts';
import { isAbsent, isForbidden, type Mark, markOf } from './marks.ts';

/** A file of the watched folder as it was read, with everything that belongs to it. */
export type Content =
  | { kind: 'gone' }
  /** It is there, but not for us. */
  | { kind: 'forbidden' }
  /** Nothing in it: somebody is about to write it. */
  | { kind: 'empty'; marks: Mark[] }
  /** Some other YAML. */
  | { kind: 'other'; why: string; marks: Mark[] }
  | FdlContent;

export interface FdlContent {
  kind: 'fdl';
  file: FdlFile;
  /** Of the file and its scripts. */
  hash: string;
  /** The file and its scripts as they were when they were read. */
  marks: Mark[];
  /** What to look at besides the file: its scripts, and what is really behind a link. */
  scripts: string[];
  /** Scripts that are not there, or that are empty. */
  lacking: { path: string; empty: boolean }[];
}

const largestFile = 1024 * 1024;
const largestScript = 16 * 1024 * 1024;

/** Reads an FDL file and its scripts. `expected`: it held services before, so whatever it holds now is meant to. */
export async function readContent(path: string, expected: boolean): Promise<Content> {
  const marks = await marksOf(path);
  const mark = marks[0];
  if (!mark) return { kind: 'gone' };
  if (mark.size > largestFile) return { kind: 'other', why: 'it is larger than 1 MiB', marks };
  const bytes = await read(path);
  if (!Buffer.isBuffer(bytes)) return { kind: bytes };
  const text = bytes.toString('utf8');
  if (text.trim() === '') return { kind: 'empty', marks };
  if (!expected && !isMeantAsFdl(text)) return { kind: 'other', why: 'it has no `functions`', marks };
  return await readScripts(loadFdl(text, path), bytes, marks);
}

/** The file as it is now, also under the real name of one that is a link: writing to it is told of by that name. */
async function marksOf(path: string): Promise<Mark[]> {
  const mark = await markOf(path);
  if (!mark) return [];
  // A link that is turned between the two looks shows when the marks are compared.
  const real = await realpath(path).catch(() => path);
  return real === path ? [mark] : [mark, { ...mark, path: real }];
}

async function readScripts(loaded: FdlFile, bytes: Buffer, marks: Mark[]): Promise<FdlContent> {
  const hash = createHash('sha256').update(bytes);
  const scripts = marks.slice(1).map((mark) => mark.path);
  const lacking: FdlContent['lacking'] = [];
  const file = await resolveScripts(loaded, async (path) => {
    const found = await marksOf(path);
    const mark = found[0];
    marks.push(...found);
    scripts.push(path, ...found.map((it) => it.path));
    if (mark && mark.size > largestScript) throw new Error('it is larger than 16 MiB');
    const content = await readFile(path).catch((error: unknown) => {
      lacking.push({ path, empty: false });
      throw error;
    });
    if (content.toString('utf8').trim() === '') lacking.push({ path, empty: true });
    hash.update(`\0${path}\0`).update(content);
    return content;
  });
  return { kind: 'fdl', file, hash: hash.digest('hex'), marks, scripts: [...new Set(scripts)], lacking };
}

async function read(path: string): Promise<Buffer | 'gone' | 'forbidden'> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsent(error)) return 'gone';
    if (isForbidden(error)) return 'forbidden';
    throw error;
  }
}
