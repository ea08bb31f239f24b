import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerSpec, Engine, OnProgress } from '../../../engine/engine.ts';

/** A registry beside the cluster: what is pushed to its port on this machine is pulled by the nodes under the same name. */
export interface RegistryWanted {
  /** The data folder's. */
  id: string;
  /** The network of the cluster. */
  network: string;
  image: string;
  /** On 127.0.0.1. */
  port: number;
}

const inside = 5000;

const labelsOf = (id: string) => ({ 'oscar-sandbox.data': id, 'oscar-sandbox.role': 'registry' });
const nameOf = (id: string) => `oscar-sandbox-${id}-registry`;

/** The container of the registry. */
export const registrySpec = ({ id, network, image, port }: RegistryWanted): ContainerSpec => ({
  Image: image,
  ExposedPorts: { [`${inside}/tcp`]: {} },
  Labels: labelsOf(id),
  HostConfig: {
    NetworkMode: network,
    PortBindings: { [`${inside}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
    RestartPolicy: { Name: 'unless-stopped' },
    SecurityOpt: ['no-new-privileges'],
  },
});

/** What containerd reads for the names that begin with this port: where their images really are. */
export const hostsFile = ({ id }: Pick<RegistryWanted, 'id'>): string => `[host."http://${nameOf(id)}:${inside}"]\n`;

/** Writes that into the folder that the nodes see as containerd's own. */
export async function pointToRegistry(folder: string, wanted: Pick<RegistryWanted, 'id' | 'port'>): Promise<void> {
  const place = join(folder, `localhost:${wanted.port}`);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'hosts.toml'), hostsFile(wanted));
}

/** Sees to it that the registry runs; one that does already is left alone. */
export async function runRegistry(engine: Engine, wanted: RegistryWanted, onProgress: OnProgress): Promise<void> {
  const [known] = await engine.list(labelsOf(wanted.id));
  if (known?.state === 'running') return;
  if (known) return engine.start(known.id);
  if (!(await engine.image(wanted.image))) await engine.pull(wanted.image, onProgress);
  await engine.start(await engine.create(nameOf(wanted.id), registrySpec(wanted)));
}

/** Removes it, with what was pushed to it. */
export async function removeRegistry(engine: Engine, id: string): Promise<void> {
  for (const { id: container } of await engine.list(labelsOf(id))) await engine.remove(container);
}
