/** The most bytes that S3 gives a key. */
const longestKey = 1024;
const longestName = 255;

/** What all keys of a mount begin with. */
export const keyPrefix = (prefix: string): string => (prefix === '' ? '' : `${prefix}/`);

/** Where a key has its place below the folder, or why no path can be that. */
export type Place = { path: string; marker: boolean } | { why: string };

/** The place of the rest of a key, after the mount's prefix; a marker is what consoles store to show an empty folder. */
export function placeOf(rest: string, size: number): Place {
  const marker = rest.endsWith('/');
  if (marker && size > 0) return { why: 'it is a file with the name of a folder' };
  const path = marker ? rest.slice(0, -1) : rest;
  const why = path.split('/').map(nameFault).find(Boolean);
  return why ? { why } : { path, marker };
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'a part of its name is empty';
  if (name === '.' || name === '..') return `a part of its name is ${name}`;
  if (name.includes('\0')) return 'its name has a zero byte';
  if (!name.isWellFormed() || !isReadable(name)) return 'its name is no Unicode';
  if (Buffer.byteLength(name) > longestName) return `a part of its name is longer than ${longestName} bytes`;
  return undefined;
}

/** Is this the name of a file as it is on disk? What is no UTF-8 there is read with this sign in its place. */
export const isReadable = (name: string): boolean => !name.includes('\ufffd');

/** Why no key can be the name of this file. */
export const fileFault = (key: string): string | undefined =>
  Buffer.byteLength(key) > longestKey ? `its key would be longer than ${longestKey} bytes` : undefined;

/** The folders that a path lies in, the innermost first. */
export function* foldersOf(path: string): Generator<string> {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    yield path.slice(0, slash);
  }
}
