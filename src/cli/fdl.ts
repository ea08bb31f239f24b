import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FdlFile, FdlService, LoadOptions } from '../declare/fdl.ts';
import { type Diagnostic, formatDiagnostic } from '../declare/positions.ts';
import { SandboxError } from '../model/errors.ts';
import { statIfThere } from './files.ts';

/** An FDL file with its scripts. */
export interface ReadFdl extends FdlFile {
  /** All of its services, those too whose scripts are missing. */
  declared: FdlService[];
}

/** Reads one FDL file; what is wrong in it is among its problems. */
async function readFdl(file: string, options?: LoadOptions): Promise<ReadFdl> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SandboxError('invalid', `${file} cannot be read: ${error.code ?? error.message}.`, { cause: error });
  });
  return loaded(resolve(file), text, options);
}

/** Reads one FDL file, or those of a folder: the very ones that `up` serves. */
export async function readAllFdl(path: string, options?: LoadOptions): Promise<ReadFdl[]> {
  const found = await statIfThere(path);
  if (!found) throw missing(path);
  if (!found.isDirectory()) return [await readFdl(path, options)];
  const { listFdl } = await import('../daemon/reading.ts');
  const files = await listFdl(resolve(path));
  if (files.length > 0) return Promise.all(files.map((file) => loaded(file.path, file.text, options)));
  throw new SandboxError('not-found', `There is no FDL file in ${path}.`, { hint: 'Name the folder that holds them.' });
}

async function loaded(path: string, text: string, options?: LoadOptions): Promise<ReadFdl> {
  const { loadFdl } = await import('../declare/fdl.ts');
  const { resolveScripts } = await import('../declare/scripts.ts');
  const read = loadFdl(text, path, options);
  return { ...(await resolveScripts(read, readFile)), declared: read.services };
}

/** Throws what is wrong, with all its places. */
export function demandSound(problems: readonly Diagnostic[], hint: string): void {
  if (problems.length === 0) return;
  throw new SandboxError('invalid', problems.map(formatDiagnostic).join('\n'), { hint });
}

const missing = (path: string) =>
  new SandboxError('invalid', `There is no file or folder ${path}.`, { hint: 'Name a folder that holds FDL files.' });
