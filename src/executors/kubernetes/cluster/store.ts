import type { Cluster, Manifest } from '../../../engine/cluster.ts';
import type { Engine } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import { applyAll } from './applying.ts';
import { available } from './conditions.ts';
import { type MinioWanted, minioManifests } from './minio.ts';
import { settled } from './settled.ts';

const readyMs = 180_000;

/** Kubernetes: the port of a Service whose making was cut short counts as taken for a moment. */
const isPortBeingFreed = (error: unknown): boolean =>
  error instanceof SandboxError && error.message.includes('provided port is already allocated');
const portMs = 30_000;

/** Puts MinIO into a cluster, and waits until it is up as it is wanted. */
export async function installMinio(
  cluster: Cluster,
  template: readonly Manifest[],
  wanted: MinioWanted,
  { now, signal }: { now(): number; signal: AbortSignal },
): Promise<void> {
  const [namespaces, others] = [
    template.filter(({ kind }) => kind === 'Namespace'),
    minioManifests(template, wanted).filter(({ kind }) => kind !== 'Namespace'),
  ];
  const patience = { passes: isPortBeingFreed, forMs: portMs, now };
  await applyAll(cluster, namespaces, patience, signal);
  await applyAll(cluster, others, patience, signal);
  const where = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'minio', names: ['minio'] };
  await settled(cluster, { ...where, what: 'MinIO', look: available, timeoutMs: readyMs }, signal);
}

/** On which address of this machine the pods of a cluster reach it, and by which name. */
export async function doorstep(engine: Engine, network: string): Promise<{ bind: string; name: string }> {
  const { place, address } = engine.info;
  if (place === 'machine') return { bind: '127.0.0.1', name: 'host.docker.internal' };
  if (place === 'remote') {
    throw new SandboxError(
      'unavailable',
      `A cluster on the container engine at ${address} could not send its events here.`,
      {
        hint: 'Use an engine on this machine, or --executor docker.',
      },
    );
  }
  const { gateway } = await engine.network(network, {});
  if (gateway) return { bind: gateway, name: gateway };
  throw new SandboxError('unavailable', `The network ${network} of the container engine has no IPv4 gateway.`, {
    hint: `Remove it when no cluster uses it (\`docker network rm ${network}\`), and start again.`,
  });
}
