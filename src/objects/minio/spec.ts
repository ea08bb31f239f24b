import { createHash } from 'node:crypto';
import type { ContainerSpec } from '../../engine/engine.ts';

/** Where things are in the container. */
export const inside = { data: '/data', queue: '/events', settings: 'oscar-sandbox.env', port: 9000 } as const;

export const label = {
  data: 'oscar-sandbox.data',
  role: 'oscar-sandbox.role',
  fingerprint: 'oscar-sandbox.fingerprint',
  port: 'oscar-sandbox.port',
} as const;

/** What MinIO's container, volumes and network of one sandbox carry. */
export const labelsOf = (id: string): Record<string, string> => ({ [label.data]: id, [label.role]: 'minio' });

/** The names of MinIO's things on the engine. */
export const namesOf = (id: string) => ({
  container: `oscar-sandbox-${id}-minio`,
  network: `oscar-sandbox-${id}-minio`,
  data: `oscar-sandbox-${id}-minio`,
  queue: `oscar-sandbox-${id}-minio-events`,
});

export interface MinioContainer {
  id: string;
  image: string;
  host: string;
  port: number;
  settings: Record<string, string>;
}

/** The container that MinIO runs in. Its settings come in a file: others on the engine can read the spec. */
export function minioSpec({ id, image, host, port, settings }: MinioContainer): ContainerSpec {
  const names = namesOf(id);
  const fingerprint = fingerprintOf({ image, host, settings });
  return {
    Image: image,
    Cmd: ['minio', 'server', '--address', `:${inside.port}`, inside.data],
    Env: [`MINIO_CONFIG_ENV_FILE=/${inside.settings}`],
    ExposedPorts: { [`${inside.port}/tcp`]: {} },
    Labels: { ...labelsOf(id), [label.fingerprint]: fingerprint, [label.port]: String(port) },
    HostConfig: {
      Mounts: [
        { Type: 'volume', Source: names.data, Target: inside.data },
        { Type: 'volume', Source: names.queue, Target: inside.queue },
      ],
      NetworkMode: names.network,
      PortBindings: { [`${inside.port}/tcp`]: [{ HostIp: host, HostPort: String(port) }] },
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
      PidsLimit: 4096,
      SecurityOpt: ['no-new-privileges'],
      CapDrop: ['MKNOD', 'NET_RAW', 'SETFCAP'],
    },
  };
}

/** What a container must have been made with to be taken as it is. */
export const fingerprintOf = (made: Pick<MinioContainer, 'image' | 'host' | 'settings'>): string =>
  createHash('sha256')
    .update(JSON.stringify([made.image, made.host, made.settings]))
    .digest('hex')
    .slice(0, 16);

/** The settings as MinIO reads them. */
export const settingsFile = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
