import type { ContainerSpec, Engine } from '../../../engine/engine.ts';
import type { Log } from '../../../log.ts';
import type { Service } from '../../../model/service.ts';
import type { Marks } from '../labels.ts';

type HostConfig = ContainerSpec['HostConfig'];

/** What containers have mounted while somebody holds it. */
export interface Held {
  /** As the engine wants them: `source:target`. */
  binds: string[];
  release(): Promise<void>;
}

/** What the containers of exposed services stand on. */
export interface ExposedParts {
  engine: Engine;
  /** How everything of this sandbox is marked and called. */
  marks: Marks;
  /** The name of the sandbox's bridge network, made when it is not there. */
  network(): Promise<string>;
  /** A folder of their own on this machine. */
  folder: string;
  /** Can folders of this machine be mounted into containers of this image? */
  mountable(image: string): Promise<boolean>;
  /** Volumes and mounts of the service, for as long as a version of it runs. */
  hold(service: Service): Promise<Held>;
  /** What every container is forbidden. */
  hardening: Partial<HostConfig>;
  /** What the service may use: memory, processors, GPUs. */
  size(service: Service): Partial<HostConfig>;
  now(): number;
  log: Log;
  /** Something is ready, or is so no more. */
  onChange(): void;
}
