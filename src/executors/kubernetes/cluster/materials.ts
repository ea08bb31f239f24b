import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../../engine/engine.ts';
import type { Parts } from './parts.ts';
import type { Supply } from './supply.ts';
import { createTools, onPath, type Tools } from './tools.ts';
import { unzip } from './unzip.ts';
import type { Pin, Versions } from './versions.ts';

type Say = (line: string) => void;

/** What a cluster is made of, wherever it comes from. */
export interface Materials {
  /** Is everything here, so that nothing has to be fetched? */
  complete(): Promise<boolean>;
  /** Fetches what is missing. */
  gather(say: Say): Promise<void>;
  tools(): Promise<Tools>;
  /** Texts of YAML. */
  manifests(): Promise<string[]>;
  /** The folder of supervisor and fwatchdog. */
  programs: string;
  /** The archive of images for the node, if there is one. */
  images?: string;
  /** Without a name, the one that the archive holds. */
  minioImage?: string;
}

interface Around {
  environment: Record<string, string>;
  engine: Engine;
}

/** The materials of a folder of parts. */
export function fromParts(parts: Parts, { environment, engine }: Around): Materials {
  return {
    complete: async () => true,
    gather: async () => undefined,
    tools: async () => createTools(environment, engine.info, parts.path, parts.kind),
    manifests: async () => parts.manifests,
    programs: parts.programs,
    images: parts.images,
  };
}

/** The materials that are fetched, each once. */
export function fromNetwork(folder: string, versions: Versions, supply: Supply, around: Around): Materials {
  const programs = join(folder, 'bin');
  const kind = async (say: Say): Promise<string> =>
    (await onPath('kind', around.environment.PATH)) ?? (await supply.file('kind', versions.kind, say));
  const pins = [...versions.manifests];
  const complete = async () => {
    const fetched = await Promise.all(pins.map(([name, pin]) => supply.has(name, pin)));
    const here = await Promise.all([...versions.programs].map(([name, pin]) => isUnpacked(programs, name, pin)));
    return [...fetched, ...here].every(Boolean) && (await kindIsHere(around, supply, versions));
  };
  const silent: Say = () => undefined;
  return {
    complete,
    gather: async (say) => {
      await kind(say);
      for (const [name, pin] of pins) await supply.file(name, pin, say);
      for (const [name, pin] of versions.programs) await unpack({ programs, name, pin, supply, say });
    },
    tools: async () => createTools(around.environment, around.engine.info, [], await kind(silent)),
    manifests: () =>
      Promise.all(pins.map(async ([name, pin]) => readFile(await supply.file(name, pin, silent), 'utf8'))),
    programs,
    minioImage: versions.minioImage,
  };
}

const kindIsHere = async ({ environment }: Around, supply: Supply, { kind }: Versions): Promise<boolean> =>
  (await onPath('kind', environment.PATH)) !== undefined || (await supply.has('kind', kind));

const stampOf = (programs: string, name: string) => join(programs, `.${name}.version`);

const isUnpacked = async (programs: string, name: string, pin: Pin): Promise<boolean> =>
  (await readFile(stampOf(programs, name), 'utf8').catch(() => '')) === pin.version;

interface Unpacking {
  programs: string;
  name: string;
  pin: Pin;
  supply: Supply;
  say: Say;
}

/** A program that comes as an archive is unpacked, with what it needs beside it. */
async function unpack({ programs, name, pin, supply, say }: Unpacking): Promise<void> {
  if (await isUnpacked(programs, name, pin)) return;
  const file = await supply.file(name, pin, say);
  const folder = join(programs, pin.folder ?? '');
  await mkdir(folder, { recursive: true });
  if (pin.address.endsWith('.zip')) await unzip(await readFile(file), folder);
  else await replace(file, join(folder, name));
  await writeFile(stampOf(programs, name), pin.version);
}

async function replace(file: string, to: string): Promise<void> {
  await cp(file, `${to}.new`);
  await rename(`${to}.new`, to);
}
