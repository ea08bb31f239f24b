import { accessSync, chmodSync, constants, lstatSync, renameSync, rmdirSync, unlinkSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Buckets, ObjectInfo } from '../../objects/buckets.ts';
import { type Held, Moved } from '../held.ts';
import { contentType } from '../workspace/contenttype.ts';
import type { Known, Sides } from './decide.ts';
import { within } from './held.ts';
import { foldersOf, keyPrefix } from './names.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { type FileMark, isSame, markOf, sameBut } from './tree.ts';

export interface Ground {
  buckets: Buckets;
  bucket: string;
  prefix: string;
  /** The service: it is not started by what its own mount changes. */
  writer: string;
  /** A folder of ours on the same file system, for what is on its way. */
  staging: string;
  /** What both sides had when they were last alike; the moves keep it true. */
  known: Map<string, Known>;
}

/** Brings one path of the other side in line; throws `Moved` when a side is not any more as it was seen. */
export interface Moves {
  snapshot(path: string, mark: FileMark, hash: boolean): Promise<Snapshot>;
  upload(path: string, sides: Sides, content: Snapshot): Promise<void>;
  download(path: string, sides: Sides): Promise<void>;
  deleteHere(path: string, sides: Sides): void;
  deleteThere(path: string, sides: Sides): Promise<void>;
  /** Makes an empty folder, or removes one. */
  makeFolder(path: string): void;
  removeFolder(path: string): boolean;
}

let copies = 0;

/** The moves in the folder that is held. */
export function createMoves(ground: Ground, top: Held): Moves {
  const { buckets, bucket, writer, known } = ground;
  const keyOf = (path: string) => keyPrefix(ground.prefix) + path;
  const nextCopy = () => {
    copies += 1;
    return join(ground.staging, `${copies}`);
  };
  const expectThere = async (path: string, there: ObjectInfo | undefined) => {
    const now = await currentObject(buckets, bucket, keyOf(path));
    if (now?.etag !== there?.etag) throw new Moved(`${keyOf(path)} was changed meanwhile`);
  };
  return {
    snapshot: (path, mark, hash) => takeSnapshot(top, { path, mark, hash, copy: nextCopy() }),
    upload: async (path, { here, there }, content) => {
      if (!here) return;
      await expectThere(path, there);
      const options = { contentType: contentType(path), writer };
      const { etag } = await buckets.put(bucket, keyOf(path), content.payload, options);
      known.set(path, { here, etag });
    },
    download: async (path, { here }) => {
      within(top, { path, make: true }, (folder, name) => {
        accessSync(folder.path, constants.W_OK);
        expectHere(folder.at(name), here);
      });
      const copy = nextCopy();
      try {
        const info = await buckets.fetch({ bucket, key: keyOf(path), reader: writer }, copy);
        dress(copy, info, here);
        known.set(path, { here: place(top, { path, copy, here }), etag: info.etag });
      } finally {
        await rm(copy, { force: true });
      }
    },
    deleteHere: (path, { here }) => {
      within(top, { path }, (folder, name) => {
        expectHere(folder.at(name), here);
        unlinkSync(folder.at(name));
      });
      known.delete(path);
    },
    deleteThere: async (path, { there }) => {
      if (isStillHere(top, path)) throw new Moved(`${path} is there again`);
      await expectThere(path, there);
      await buckets.delete(bucket, keyOf(path), { writer });
      known.delete(path);
    },
    makeFolder: (path) => within(top, { path: `${path}/`, make: true }, () => undefined),
    removeFolder: (path) => removeEmpty(top, path),
  };
}

async function currentObject(buckets: Buckets, bucket: string, key: string): Promise<ObjectInfo | undefined> {
  // The key itself comes before all that it is only the beginning of.
  const { objects } = await buckets.objects(bucket, { prefix: key, limit: 1 });
  return objects[0]?.key === key ? objects[0] : undefined;
}

function expectHere(file: string, expected: FileMark | undefined): void {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw Object.assign(new Error(`${file} is a folder`), { code: 'EISDIR' });
  const isAsSeen = stats && expected ? stats.isFile() && isSame(markOf(stats), expected) : !stats && !expected;
  if (!isAsSeen) throw new Moved(`${file} was changed meanwhile`);
}

function isStillHere(top: Held, path: string): boolean {
  try {
    const stats = within(top, { path }, (folder, name) => lstatSync(folder.at(name), { throwIfNoEntry: false }));
    return stats !== undefined && !stats.isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Everybody may read and write it: who the container's user is, is not known. */
function dress(copy: string, info: ObjectInfo, replaced: FileMark | undefined): void {
  chmodSync(copy, 0o666 | (replaced?.mode ?? 0));
  utimesSync(copy, info.modifiedAt / 1000, info.modifiedAt / 1000);
}

/** Lets a finished copy appear in the folder, all at once; answers the mark of what was put there. */
function place(top: Held, { path, copy, here }: { path: string; copy: string; here: FileMark | undefined }): FileMark {
  const ours = markOf(lstatSync(copy));
  return within(top, { path, make: true }, (folder, name) => {
    expectHere(folder.at(name), here);
    renameSync(copy, folder.at(name));
    const stats = lstatSync(folder.at(name), { throwIfNoEntry: false });
    // Renaming changes the mark; so does a script that already writes into the file, and that must not be missed.
    const placed = stats && markOf(stats);
    return placed && sameBut(placed, ours) ? placed : ours;
  });
}

const stays = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'EBUSY'];

/** Removes a folder that is empty; false when it is not, or may not be removed. */
function removeEmpty(top: Held, path: string): boolean {
  try {
    within(top, { path }, (folder, name) => rmdirSync(folder.at(name)));
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (stays.includes(code)) return false;
    throw error;
  }
}

/** After a file went with its object: the folders that are empty now go too, as they do in a bucket. */
export function prune(moves: Moves, path: string, isKept: (folder: string) => boolean): void {
  for (const folder of foldersOf(path)) if (isKept(folder) || !moves.removeFolder(folder)) return;
}
