import type { ContainerSpec } from '../../engine/engine.ts';
import type { Size } from '../limits/enclosure.ts';

type HostConfig = ContainerSpec['HostConfig'];

/** What every container is forbidden. */
export const hardening: Partial<HostConfig> = {
  PidsLimit: 4096,
  SecurityOpt: ['no-new-privileges'],
  CapDrop: ['MKNOD', 'NET_RAW', 'SETFCAP'],
};

/** Less is refused by the engine. */
const leastMemory = 6 * 2 ** 20;
const leastCpu = 0.01;

/** What a container may use; no swap: a limit that can be got around is none. */
export function limitsOf({ memory, cpu, gpu }: Size & { gpu: boolean }): Partial<HostConfig> {
  const most = Math.max(memory, leastMemory);
  return {
    Memory: most,
    MemorySwap: most,
    NanoCpus: Math.round(Math.max(cpu, leastCpu) * 1e9),
    ...(gpu ? { DeviceRequests: [{ Driver: 'nvidia', Count: 1, Capabilities: [['gpu']] }] } : {}),
  };
}

/** What the containers of a service are made from. */
export interface Frame {
  image: string;
  labels: Record<string, string>;
  /** `container:<name>` of what holds its network, or a network's name. */
  network: string;
  binds: string[];
  volumes: { Source: string; Target: string }[];
  limits: Partial<HostConfig>;
}

/** A container that runs our script as its first process: the image's user, folder and variables are kept. */
const shellSpec = ({ image, labels, network, binds, volumes, limits }: Frame, script: string): ContainerSpec => ({
  Image: image,
  Entrypoint: ['/bin/sh'],
  Cmd: ['-c', script],
  OpenStdin: true,
  Healthcheck: { Test: ['NONE'] },
  Labels: labels,
  HostConfig: {
    ...hardening,
    ...limits,
    NetworkMode: network,
    Binds: binds,
    ...(volumes.length > 0 ? { Mounts: volumes.map((volume) => ({ Type: 'volume', ...volume })) } : {}),
  },
});

/** A worker: it ends with us, and what it prints is kept by nobody else. */
export function workerSpec(frame: Frame, script: string): ContainerSpec {
  const spec = shellSpec(frame, script);
  return { ...spec, StdinOnce: true, HostConfig: { ...spec.HostConfig, LogConfig: { Type: 'none', Config: {} } } };
}

/** A job: it goes on without us, and the engine keeps what it prints until it is taken up again. */
export function jobSpec(frame: Frame, script: string): ContainerSpec {
  const spec = shellSpec(frame, script);
  const LogConfig = { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } };
  return { ...spec, StdinOnce: false, HostConfig: { ...spec.HostConfig, LogConfig } };
}

/** What holds a network for others: it only waits. */
export const holderSpec = (image: string, network: string, labels: Record<string, string>): ContainerSpec => ({
  Image: image,
  Entrypoint: ['/bin/sh'],
  Cmd: ['-c', 'read -r end'],
  OpenStdin: true,
  Healthcheck: { Test: ['NONE'] },
  Labels: labels,
  HostConfig: {
    ...hardening,
    ...limitsOf({ memory: 32 * 2 ** 20, cpu: 0.1, gpu: false }),
    PidsLimit: 16,
    NetworkMode: network,
    LogConfig: { Type: 'none', Config: {} },
  },
});

/** What is made to look into an image, and never started. */
export const probeSpec = (image: string, labels: Record<string, string>): ContainerSpec => ({
  Image: image,
  Entrypoint: ['/bin/sh'],
  Labels: labels,
  HostConfig: { ...hardening, NetworkMode: 'none' },
});
