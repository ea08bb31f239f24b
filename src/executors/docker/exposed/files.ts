import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../../engine/engine.ts';
import type { Service } from '../../../model/service.ts';
import { shellVariables } from '../../workspace/shellvariables.ts';
import { serviceVariables } from '../../workspace/variables.ts';

/** The files of one version of a service: its script and its variables. */
export interface Files {
  /** The folder that holds them as `config`; nobody else may look into the one that it is in. */
  folder: string;
  /** What no shell could export, a sentence each. */
  leftOut: string[];
}

const isRoot = ({ user }: Image): boolean => /^(0|root)?(:|$)/.test(user);

/** Writes the files of a version into a folder that nothing was in before. */
export async function writeFiles(parent: string, service: Service, image: Image): Promise<Files> {
  const folder = join(parent, `${service.name}-${randomBytes(8).toString('hex')}`);
  const config = join(folder, 'config');
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await chmod(parent, 0o700);
  // Here nothing may be followed or overwritten: containers of other versions have their folders beside it.
  await mkdir(folder);
  await mkdir(config);
  const { text, leftOut } = shellVariables(serviceVariables(service));
  // OSCAR: everybody may run the script.
  await write(join(config, 'script.sh'), service.definition.script, 0o777);
  await write(join(config, 'environment'), text, isRoot(image) ? 0o600 : 0o644);
  await chmod(config, 0o755);
  await chmod(folder, 0o755);
  return { folder, leftOut };
}

async function write(file: string, text: string, mode: number): Promise<void> {
  // Made as it is to be: at no moment may others read it who must not.
  await writeFile(file, text, { mode: mode & 0o700, flag: 'wx' });
  await chmod(file, mode);
}

/** The names of the folders that are there. */
export async function foldersIn(parent: string): Promise<string[]> {
  return readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Removes the folders with these names; what else the names might lead to stays. */
export async function removeFolders(parent: string, which: (name: string) => boolean): Promise<void> {
  for (const name of (await foldersIn(parent)).filter(which)) {
    await rm(join(parent, name), { recursive: true, force: true });
  }
}
