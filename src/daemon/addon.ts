import { constants } from 'node:os';
import { SandboxError } from '../model/errors.ts';
import { packaged, shippedFile, shippedFiles, shippedPath } from '../shipped.ts';
import type { Addon } from '../store/database.ts';
import { unpack } from './cache.ts';

/**
 * SQLite's native part, ready to be used. In the one executable it has to become a file first, in the first of these
 * folders that takes it and lets it run; one that was put there before is used when it is the very same.
 */
export async function unpackAddon(cacheFolders: readonly string[]): Promise<Addon> {
  const [first, ...others] = shippedFiles('sqlite');
  if (first === undefined) return undefined;
  // The executable has one, for the machine it was made for; the npm package has one for each.
  if (packaged) return loadFrom(cacheFolders, shippedFile(first));
  const mine = `sqlite/${platform()}.node`;
  if ([first, ...others].includes(mine)) return shippedPath(mine);
  throw new SandboxError('unavailable', `This program has no SQLite for ${platform()}.`, {
    hint: `It has: ${[first, ...others].join(', ')}.`,
  });
}

function platform(): string {
  // Or it would look up the names of all addresses that are connected.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const musl = process.platform === 'linux' && header.glibcVersionRuntime === undefined;
  return `${process.platform}${musl ? 'musl' : ''}-${process.arch}`;
}

async function loadFrom(folders: readonly string[], bytes: Buffer): Promise<object> {
  const reasons: string[] = [];
  for (const folder of folders) {
    try {
      return load(await unpack(folder, bytes));
    } catch (error) {
      reasons.push(`${folder}: ${(error as Error).message}`);
    }
  }
  throw new SandboxError('unavailable', `A part of the program cannot be unpacked and loaded. ${reasons.join('; ')}.`, {
    hint: 'Name a folder where files may be written and run: --cache-dir DIR, or OSCAR_SANDBOX_CACHE_DIR.',
  });
}

function load(file: string): object {
  const module = { exports: {} };
  process.dlopen(module, file, constants.dlopen.RTLD_NOW);
  return module.exports;
}
