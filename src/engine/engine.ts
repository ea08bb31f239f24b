import type { Readable, Writable } from 'node:stream';

/** What a container engine says about itself. */
export interface EngineInfo {
  /** Where it answers: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`. */
  address: string;
  /** How that address was found: `DOCKER_HOST`, `the context colima`, `the usual socket of Docker`. */
  foundBy: string;
  product: 'Docker' | 'Podman';
  version: string;
  /** Does it share this machine's files and network? Not so with one in a virtual machine, without root, or far away. */
  place: 'here' | 'machine' | 'remote';
  /** The folder of its images and containers, on its own machine. */
  root?: string;
  /** Bytes, and processors, that it can give. */
  memory: number;
  cpu: number;
  /** Can it give a GPU to a container? */
  gpu: boolean;
}

/** An image that is there. */
export interface Image {
  id: string;
  /** Does a registry know it, as far as the engine can tell? */
  published?: boolean;
  /** As the image says; empty is root. */
  user: string;
  workdir: string;
  entrypoint: string[];
  command: string[];
  /** `NAME=value` */
  environment: string[];
}

/** What a container is made of, in the words of the Engine API. */
export interface ContainerSpec {
  Image: string;
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
  WorkingDir?: string;
  User?: string;
  /** `['NONE']` switches off the image's own. */
  Healthcheck?: { Test: string[] };
  OpenStdin?: boolean;
  /** Its input ends with the first client that is gone. */
  StdinOnce?: boolean;
  ExposedPorts?: Record<string, Record<string, never>>;
  Labels: Record<string, string>;
  HostConfig: {
    Binds?: string[];
    Mounts?: { Type: 'volume'; Source: string; Target: string }[];
    Memory?: number;
    MemorySwap?: number;
    NanoCpus?: number;
    PidsLimit?: number;
    NetworkMode?: string;
    PortBindings?: Record<string, { HostIp: string; HostPort: string }[]>;
    ExtraHosts?: string[];
    CapDrop?: string[];
    SecurityOpt?: string[];
    DeviceRequests?: { Driver?: string; Count: number; Capabilities: string[][] }[];
    LogConfig?: { Type: string; Config: Record<string, string> };
    RestartPolicy?: { Name: 'no' | 'always' | 'unless-stopped' };
    ShmSize?: number;
  };
}

/**
 * The streams of a container's first process. Both outputs must be read, resumed or destroyed: what is not taken away
 * holds the container back.
 */
export interface Attached {
  input: Writable;
  output: Readable;
  errors: Readable;
}

export interface Container {
  id: string;
  name: string;
  image: string;
  labels: Record<string, string>;
  state: 'created' | 'running' | 'exited' | 'other';
}

export interface Inspected extends Container {
  exitCode: number;
  outOfMemory: boolean;
  /** Of its own network, `''` when it has none. */
  ip: string;
  /** Port in the container → port on the engine's machine. */
  ports: Record<number, number>;
  /** Milliseconds since 1970. */
  startedAt: number;
  restarts: number;
}

/** Something happened to a container or an image. */
export interface EngineEvent {
  kind: 'container' | 'image';
  /** `die`, `oom`, `start`, `destroy`, `tag`, `pull`, `delete`, … */
  action: string;
  /** The container's or the image's. */
  id: string;
  labels: Record<string, string>;
}

/** Progress of a pull, for people: `pulling docker.io/library/ubuntu:24.04: 3 of 7 layers, 41 %`. */
export type OnProgress = (line: string) => void;

/**
 * A container engine. What the user can mend is a SandboxError with its own sentence; an engine that does not answer is
 * `unavailable`; what does not exist is undefined, or no error where it was to go.
 */
export interface Engine {
  readonly info: EngineInfo;
  /** Throws `unavailable` when the engine does not answer. */
  ping(): Promise<void>;
  image(reference: string): Promise<Image | undefined>;
  /** Gets an image from its registry, with the user's own credentials for it. */
  pull(reference: string, onProgress: OnProgress, signal?: AbortSignal): Promise<void>;
  create(name: string, spec: ContainerSpec): Promise<string>;
  /** Streams from now on; before the start, so that nothing is missed. */
  attach(id: string): Promise<Attached>;
  start(id: string): Promise<void>;
  /** Resolves with the exit code when it runs no more; asked before the start, it waits for that run. */
  ended(id: string, when: 'next-exit' | 'not-running'): Promise<number>;
  inspect(id: string): Promise<Inspected | undefined>;
  /** All that carry these labels, in whatever state. */
  list(labels: Record<string, string>): Promise<Container[]>;
  /**
   * What it has printed since its start, output and errors in one; follows until it ends. On demand each line begins with
   * when it was printed, in RFC 3339, and a blank.
   */
  logs(id: string, options?: { timestamps: boolean }): Promise<Readable>;
  kill(id: string): Promise<void>;
  /** Ends and removes it, with its anonymous volumes. */
  remove(id: string): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  /** Is there this path in its file system? */
  has(id: string, path: string): Promise<boolean>;
  /** Unpacks a tar into a folder of the container. */
  copyIn(id: string, folder: string, tar: Readable): Promise<void>;
  /** Packs a file or folder of the container. */
  copyOut(id: string, path: string): Promise<Readable>;
  /** Processor time used so far, in nanoseconds; the engine may look but once a second. */
  cpuTime(id: string): Promise<number>;
  /** Makes the network, or finds the one of this name. */
  network(name: string, labels: Record<string, string>): Promise<{ id: string; gateway: string }>;
  networks(labels: Record<string, string>): Promise<{ id: string; name: string }[]>;
  removeNetwork(id: string): Promise<void>;
  /** Makes the volume, or finds the one of this name. */
  volume(name: string, labels: Record<string, string>): Promise<void>;
  volumes(labels: Record<string, string>): Promise<{ name: string; labels: Record<string, string> }[]>;
  removeVolume(name: string): Promise<void>;
  /**
   * Hears of images, and of containers with these labels, until the signal; a lost connection is made anew. `onGap` is
   * called each time events may have been missed, the first time when it begins to hear.
   */
  events(
    labels: Record<string, string>,
    on: { event(event: EngineEvent): void; gap(): void },
    signal: AbortSignal,
  ): void;
}
