import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SandboxError } from '../../../model/errors.ts';
import { readPatch, type WantedCluster } from './config.ts';
import { freePort } from './freeport.ts';
import { type ClusterOptions, inNodeAt, nodePorts } from './options.ts';
import type { Made } from './record.ts';

/** What the cluster of these options is to be. */
export function wantedCluster(
  options: ClusterOptions & { name: string },
  image: string,
  chosen: WantedCluster['ports'],
): WantedCluster {
  const { name, folder, materials, patches, parse, nodeImage, s3 } = options;
  const wanted: WantedCluster = {
    name,
    image,
    fingerprint: '',
    ports: chosen,
    mounts: [
      { hostPath: materials.programs, containerPath: inNodeAt.programs, readOnly: true },
      { hostPath: join(folder, 'minio'), containerPath: inNodeAt.data },
      { hostPath: join(folder, 'events'), containerPath: inNodeAt.events },
      { hostPath: join(folder, 'registries'), containerPath: inNodeAt.registries, readOnly: true },
    ],
    patches: patches.map(({ from, text }) => ({ from, content: readPatch(text, from, parse) })),
  };
  // Ports are chosen anew each time, but for one that was asked for.
  const ports = s3.explicit ? [{ host: s3.host, nodePort: nodePorts.s3, hostPort: s3.port }] : [];
  return { ...wanted, fingerprint: fingerprintOf({ ...wanted, ports, image: JSON.stringify(nodeImage) }) };
}

const fingerprintOf = (wanted: WantedCluster): string =>
  createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16);

/** Calls come through the sandbox, which asks who calls: nobody else on the network is to reach the gateway. */
export const gatewayHost = '127.0.0.1';

/** The ports that it had before, as far as they are free. Throws `conflict` when the one that was asked for is not. */
export async function chosenPorts(
  { s3 }: Pick<ClusterOptions, 's3'>,
  before: Made['ports'],
): Promise<WantedCluster['ports']> {
  const chosen = async (host: string, nodePort: number, wanted: number) => ({
    host,
    nodePort,
    hostPort: await freePort(host, wanted),
  });
  const store = await chosen(s3.host, nodePorts.s3, s3.port || (before[nodePorts.s3] ?? 0));
  if (s3.explicit && store.hostPort !== s3.port) {
    throw new SandboxError('conflict', `Port ${s3.port} for S3 is in use.`, {
      hint: 'Stop what uses it, or choose another with --s3-port (0 is any free one).',
    });
  }
  return [await chosen(gatewayHost, nodePorts.gateway, before[nodePorts.gateway] ?? 0), store];
}
