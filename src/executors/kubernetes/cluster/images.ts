import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster, Manifest } from '../../../engine/cluster.ts';
import type { Engine } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import { failedWith } from './failure.ts';
import type { ClusterOptions } from './options.ts';
import type { Tools } from './tools.ts';
import { mapOf, mapsOf } from './tree.ts';

const loadMs = 10 * 60_000;

/** The image of the node, on the engine: it is unpacked or pulled if it is not there. Answers its name. */
export async function readyNodeImage(
  { engine, nodeImage }: Pick<ClusterOptions, 'engine' | 'nodeImage'>,
  tools: Tools,
  say: (line: string) => void,
): Promise<string> {
  if ('archive' in nodeImage) return unpacked(nodeImage.archive, tools);
  if (!(await engine.image(nodeImage.name))) await engine.pull(nodeImage.name, say);
  return nodeImage.name;
}

async function unpacked(archive: string, tools: Tools): Promise<string> {
  const { ok, stdout, output } = await tools.engine(['load', '--input', archive], { timeoutMs: loadMs });
  if (!ok) throw failedWith(`The image of the node in ${archive} cannot be unpacked`, output);
  const [, name] = /Loaded image(?: ID)?(?:\(s\))?:\s*(\S+)/.exec(stdout) ?? [];
  if (name) return name;
  throw new SandboxError('invalid', `${archive} holds no image.`, { hint: 'It is made by `docker save`.' });
}

/** The names of the images that a node has. */
export async function imagesOnNode(cluster: Cluster): Promise<Set<string>> {
  const nodes = await cluster.list({ apiVersion: 'v1', kind: 'Node' });
  const images = nodes.flatMap(({ status }) => mapsOf(mapOf(status).images));
  return new Set(images.flatMap(({ names }) => (Array.isArray(names) ? names.map(String) : [])));
}

/** The images that the pods of these manifests are made of. */
export const imagesOf = (manifests: readonly Manifest[]): string[] =>
  manifests
    .flatMap(({ spec }) => mapsOf(mapOf(mapOf(mapOf(spec).template).spec).containers))
    .flatMap(({ image }) => (typeof image === 'string' && image !== '' ? [image] : []));

/** The MinIO that a node has, whatever its registry. */
export async function minioOn(cluster: Cluster): Promise<string> {
  const found = [...(await imagesOnNode(cluster))].find((name) => /(^|\/)minio:[^/]+$/.test(name));
  if (found !== undefined) return found;
  throw new SandboxError('invalid', 'The images of the parts hold no MinIO.', {
    hint: 'images/all.tar has to hold an image that is called minio, as quay.io/minio/minio:RELEASE.',
  });
}

/** Gives the node every image of an archive. */
export async function loadArchive(tools: Tools, name: string, archive: string): Promise<void> {
  const { ok, output } = await tools.kind(['load', 'image-archive', archive, '--name', name], { timeoutMs: loadMs });
  if (!ok) throw failedWith('The node does not take images', output);
}

export interface Loading {
  engine: Engine;
  tools: Tools;
  /** The cluster's. */
  name: string;
  folder: string;
}

/** Gives the node an image that the engine has, so that no registry is asked; false when the engine has it not. */
export async function loadImage({ engine, tools, name, folder }: Loading, reference: string): Promise<boolean> {
  if (!(await engine.image(reference))) return false;
  const place = await mkdtemp(join(folder, 'image-'));
  try {
    const archive = join(place, 'image.tar');
    const saved = await tools.engine(['save', '--output', archive, reference], { timeoutMs: loadMs });
    if (!saved.ok) throw failedWith(`The image ${reference} cannot be given to the node`, saved.output);
    await loadArchive(tools, name, archive);
    return true;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
