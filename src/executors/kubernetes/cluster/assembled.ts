import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../../engine/cluster.ts';
import type { Engine } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import { readPatch } from './config.ts';
import type { Settings } from './fitted.ts';
import { fromNetwork, fromParts } from './materials.ts';
import type { ClusterOptions } from './options.ts';
import { readParts } from './parts.ts';
import { createSupply } from './supply.ts';
import { type Platform, readVersions } from './versions.ts';

/** What the user has said about the cluster, and what comes with the program. */
export interface Wishes {
  engine: Engine;
  environment: Record<string, string>;
  /** Where what is fetched is kept. */
  folder: string;
  platform: Platform;
  /** `--parts`: nothing is fetched. */
  parts?: string;
  /** `--kind-image` */
  image?: string;
  /** `--cluster-config`: a file. */
  config?: string;
  /** `--with registry`: the port of 127.0.0.1 that it gets. */
  registryPort?: number;
  /** The text of a file of `templates/cluster`. */
  template(name: string): string;
  parse(text: string): unknown[];
  signal: AbortSignal;
}

/** Puts together what a cluster is made of; throws `invalid` when something that the user named is not as it should be. */
export async function assembled(
  wishes: Wishes,
): Promise<Pick<ClusterOptions, 'materials' | 'nodeImage' | 'patches' | 'templates' | 'registry'>> {
  const { engine, environment, folder, platform, template, parse, signal } = wishes;
  const versions = readVersions(parse(template('versions.yaml'))[0], platform);
  const parts = wishes.parts === undefined ? undefined : await readParts(wishes.parts);
  const supply = createSupply(join(folder, 'fetched'), { environment, signal });
  const own = wishes.config === undefined ? [] : [{ from: wishes.config, text: await configOf(wishes.config) }];
  for (const { from, text } of own) readPatch(text, from, parse);
  if (wishes.image !== undefined) demandName(wishes.image);
  return {
    materials: parts
      ? fromParts(parts, { environment, engine })
      : fromNetwork(folder, versions, supply, { environment, engine }),
    nodeImage: wishes.image ? { name: wishes.image } : (parts?.nodeImage ?? { name: versions.nodeImage }),
    patches: [...(parts?.patch === undefined ? [] : [{ from: 'kind-patch.yaml', text: parts.patch }]), ...own],
    ...(wishes.registryPort === undefined
      ? {}
      : { registry: { image: versions.registryImage, port: wishes.registryPort } }),
    templates: {
      settings: parse(template('settings.yaml'))[0] as Settings,
      minio: parse(template('minio.yaml')) as Manifest[],
      oscar: parse(template('oscar.yaml')) as Manifest[],
    },
  };
}

function demandName(image: string): void {
  if (/^\w[\w.:/@-]*$/.test(image)) return;
  throw new SandboxError('invalid', `${JSON.stringify(image)} is no name of an image.`, {
    hint: 'Name one that is made for kind after --kind-image, as kindest/node:v1.34.0.',
  });
}

async function configOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SandboxError('invalid', `The configuration ${file} cannot be read: ${(cause as Error).message}.`, {
      hint: 'Name a file with a kind configuration after --cluster-config.',
      cause,
    });
  }
}
