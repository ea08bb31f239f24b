import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../../../model/errors.ts';

/** All that a cluster is made of, in a folder, so that nothing is fetched. */
export interface Parts {
  folder: string;
  kind: string;
  /** Programs that are found before those of the machine. */
  path: string[];
  nodeImage: { name: string } | { archive: string };
  /** The images of the pods, in one archive. */
  images: string;
  /** Texts of YAML. */
  manifests: string[];
  /** supervisor and fwatchdog, as the pods see them. */
  programs: string;
  /** What this machine needs in the configuration of the cluster. */
  patch?: string;
}

/** Reads what is in a folder of parts; throws `invalid`, naming what it lacks. */
export async function readParts(folder: string): Promise<Parts> {
  const at = (...names: string[]) => join(folder, ...names);
  const demand = async (...names: string[]) => {
    if (await isThere(at(...names))) return at(...names);
    throw lacking(folder, names.join('/'));
  };
  const shim = (await isThere(at('shim', 'docker'))) ? [at('shim')] : [];
  await demand('oscar-bin', 'supervisor');
  await demand('oscar-bin', 'fwatchdog');
  return {
    folder,
    kind: await demand('bin', 'kind'),
    path: shim,
    nodeImage: await nodeImageOf(folder),
    images: await demand('images', 'all.tar'),
    manifests: await manifestsOf(folder),
    programs: at('oscar-bin'),
    ...((await isThere(at('kind-patch.yaml'))) ? { patch: await readFile(at('kind-patch.yaml'), 'utf8') } : {}),
  };
}

async function nodeImageOf(folder: string): Promise<Parts['nodeImage']> {
  const [file, archive] = [join(folder, 'node-image'), join(folder, 'node-image.tar')];
  if (await isThere(archive)) return { archive };
  if (!(await isThere(file))) throw lacking(folder, 'node-image');
  const name = (await readFile(file, 'utf8')).trim();
  if (name) return { name };
  throw new SandboxError('invalid', `${file} names no image.`, {
    hint: 'Write the name of an image that the engine has.',
  });
}

async function manifestsOf(folder: string): Promise<string[]> {
  const place = join(folder, 'manifests');
  const names = (await readdir(place).catch(() => [] as string[])).filter((name) => name.endsWith('.yaml')).sort();
  if (names.length === 0) throw lacking(folder, 'manifests/*.yaml');
  return Promise.all(names.map((name) => readFile(join(place, name), 'utf8')));
}

const lacking = (folder: string, what: string) =>
  new SandboxError('invalid', `The folder of parts ${folder} has no ${what}.`, {
    hint: 'It holds bin/kind, oscar-bin/, manifests/*.yaml, images/all.tar, and node-image or node-image.tar.',
  });

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
