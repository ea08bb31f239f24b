import { SandboxError } from '../../../model/errors.ts';
import { mapOf, type Tree, textOf } from './tree.ts';

/** A part that is fetched: where it is, and what it must be. */
export interface Pin {
  version: string;
  address: string;
  /** Where its checksum is published. */
  checksum?: string;
  /** The one it must have, once that is known. */
  sha256?: string;
  /** Where it is put among the others. */
  folder?: string;
}

/** What a cluster is made of. */
export interface Versions {
  kind: Pin;
  nodeImage: string;
  minioImage: string;
  registryImage: string;
  /** By the names of their files. */
  manifests: ReadonlyMap<string, Pin>;
  programs: ReadonlyMap<string, Pin>;
}

/** A machine as downloads name it: `linux`, `amd64`. */
export interface Platform {
  os: string;
  arch: string;
}

/** What `versions.yaml` says, for this machine. */
export function readVersions(document: unknown, platform: Platform): Versions {
  const all = mapOf(document);
  const pins = (name: string) =>
    new Map(Object.entries(mapOf(all[name])).map(([file, pin]) => [file, pinOf(`${name}.${file}`, pin, platform)]));
  return {
    kind: pinOf('kind', all.kind, platform),
    nodeImage: demand('node.image', mapOf(all.node).image),
    minioImage: demand('minio.image', mapOf(all.minio).image),
    registryImage: demand('registry.image', mapOf(all.registry).image),
    manifests: pins('manifests'),
    programs: pins('programs'),
  };
}

function pinOf(name: string, value: unknown, platform: Platform): Pin {
  const pin: Tree = mapOf(value);
  const sha256 = textOf(pin.sha256);
  return {
    version: demand(`${name}.version`, pin.version),
    address: filled(demand(`${name}.address`, pin.address), platform),
    ...(textOf(pin.checksum) ? { checksum: filled(demand(name, pin.checksum), platform) } : {}),
    ...(sha256 ? { sha256 } : {}),
    ...(textOf(pin.folder) ? { folder: textOf(pin.folder) } : {}),
  };
}

// `{-arm64}` is what a name ends with on that processor alone.
const filled = (address: string, { os, arch }: Platform): string =>
  address
    .replaceAll('{os}', os)
    .replaceAll('{arch}', arch)
    .replaceAll('{-arm64}', arch === 'arm64' ? '-arm64' : '');

function demand(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SandboxError('internal', `versions.yaml names no ${name}.`);
}
