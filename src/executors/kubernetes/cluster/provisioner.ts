import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../engine/cluster.ts';
import type { Engine } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import { reach, whenAnswering } from './answering.ts';
import { runByTag } from './digests.ts';
import { clusterName, kubeconfigIn, networkOf, removeCluster, stopCluster } from './ending.ts';
import { minioOn } from './images.ts';
import { createLoads, type Load } from './loaded.ts';
import { createMaking, type Making } from './making.ts';
import { findNode } from './node.ts';
import { type ClusterOptions, domain, inNodeAt, nodePorts } from './options.ts';
import { raise } from './raising.ts';
import { createRecord } from './record.ts';
import { pointToRegistry, runRegistry } from './registry.ts';
import { createRises, type Rise, within } from './rise.ts';
import { doorstep, installMinio } from './store.ts';
import { createTraces } from './traces.ts';
import { gatewayHost } from './wanted.ts';

/** A cluster that is ready for services. */
export interface Ready {
  cluster: Cluster;
  /** Its file, for the user's own tools. */
  kubeconfig: string;
  /** Where calls go in, and what comes after name and namespace in their `Host`. */
  gateway: { host: string; port: number };
  domain: string;
  /** Where the pods find supervisor and watchdog on the node. */
  programs: string;
  /** Seconds since it was begun. */
  seconds: number;
}

/** Makes a cluster be there, and be gone. */
export interface Provisioner {
  name: string;
  /** Begins, or joins what was begun; after a failure it begins anew. */
  up(signal: AbortSignal): Promise<Ready>;
  /** MinIO in the cluster, as the store of objects runs one. */
  minio: {
    queueFolder: string;
    doorstep(): Promise<{ bind: string; name: string }>;
    run(settings: Record<string, string>, at: { host: string; port: number }): Promise<string>;
  };
  /** Gives the node an image of the engine, and has Knative ask no registry for it; false when the engine has it not. */
  load: Load;
  look(): Promise<'absent' | 'stopped' | 'running'>;
  /** Lets go of it; it goes on. */
  letGo(): Promise<void>;
  /** Stops it; what is kept stays. */
  down(): Promise<void>;
  /** Removes it; answers what the user is left to do. What MinIO keeps stays in the folder. */
  clean(): Promise<string[]>;
}

/** The provisioner of the one cluster of a data folder. */
export function createProvisioner(options: ClusterOptions): Provisioner {
  const { engine, folder, id, materials } = options;
  const name = clusterName(id);
  const network = networkOf(options.environment);
  const kubeconfig = kubeconfigIn(folder);
  const [record, traces] = [createRecord(folder), createTraces(folder, network)];
  const making = createMaking({ ...options, name, kubeconfig, record, traces });
  const isStill = async () => (await making.state()).is === 'usable';
  const rises = createRises<Ready>((told) => bringUp({ ...options, name, kubeconfig, making }, told), isStill);
  const load = createLoads({ engine, name, folder, tools: materials.tools });
  const end = async (): Promise<void> => (await rises.end())?.cluster.close();
  return {
    name,
    up: async (signal) => within((await rises.current()).done, signal),
    minio: {
      queueFolder: '/events',
      doorstep: async () => {
        await (await rises.current()).made.promise;
        return doorstep(engine, network);
      },
      run: async (settings, { host }) => {
        const { reached, signal } = await rises.current();
        await runMinio(await reached.promise, { ...options, name, settings }, signal);
        return whenAnswering(`http://${urlHost(host)}:${await portOf(engine, name, nodePorts.s3)}`, signal);
      },
    },
    load: async (reference, say) => {
      const given = await load(reference, say);
      if (given) await runByTag((await (await rises.current()).done).cluster, reference);
      return given;
    },
    look: async () => {
      const node = await findNode(engine, name);
      if (!node) return 'absent';
      return node.running ? 'running' : 'stopped';
    },
    letGo: end,
    down: async () => {
      await end();
      await stopCluster(options);
    },
    clean: async () => {
      await end();
      return (await removeCluster(options)).left;
    },
  };
}

type Up = ClusterOptions & { name: string; kubeconfig: string; making: Making };

async function bringUp(options: Up, told: Omit<Rise<Ready>, 'done'>): Promise<Ready> {
  const { engine, folder, name, kubeconfig, now } = options;
  const began = now();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const open = () => reach(kubeconfig, options, told.signal);
  const cluster = await raise({ ...options, open }, told);
  await withRegistry(options);
  const gateway = { host: gatewayHost, port: await portOf(engine, name, nodePorts.gateway) };
  return { cluster, kubeconfig, gateway, domain, programs: inNodeAt.programs, seconds: (now() - began) / 1000 };
}

async function withRegistry({ engine, id, folder, registry, environment, log }: Up): Promise<void> {
  if (!registry) return;
  const wanted = { ...registry, id, network: networkOf(environment) };
  await pointToRegistry(join(folder, 'registries'), wanted);
  await runRegistry(engine, wanted, (line) => log.debug(line));
}

/** Bound to every address, it is reached from here by the loopback one. */
const urlHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};

type Store = ClusterOptions & { name: string; settings: Record<string, string> };

async function runMinio(
  cluster: Cluster,
  { engine, name, materials, templates, owner, settings, now }: Store,
  signal: AbortSignal,
) {
  const startedAt = (await findNode(engine, name))?.startedAt ?? 0;
  const image = materials.minioImage ?? (await minioOn(cluster));
  const wanted = { image, settings, startedAt, ...(owner ? { owner } : {}) };
  await installMinio(cluster, templates.minio, wanted, { now, signal });
}

async function portOf(engine: Engine, name: string, nodePort: number): Promise<number> {
  const port = (await findNode(engine, name))?.ports[nodePort];
  if (port !== undefined) return port;
  throw new SandboxError('unavailable', `The cluster ${name} shows no port ${nodePort}.`, { hint: 'Start again.' });
}
