import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import type { Service } from '../../model/service.ts';
import type { VolumeRecord } from '../../model/volume.ts';
import type { Buckets } from '../../objects/buckets.ts';
import type { OpenElsewhere } from '../../objects/elsewhere.ts';
import type { After } from '../crew.ts';
import type { Delivery } from './delivery.ts';

/** What the docker executor is handed. */
export interface DockerOptions {
  engine: Engine;
  buckets: Buckets;
  /** The way to the stores that services name themselves. */
  elsewhere: OpenElsewhere;
  /** Its own folder: what is in it is removed at the start, but for what jobs that went on still need. */
  folder: string;
  /** Tells what this sandbox made on the engine from the things of others. */
  id: string;
  pull: 'always' | 'missing' | 'never';
  /** Does an unfinished job of this id still exist? */
  isWanted(task: string): boolean;
  /** The services that will be deployed first: what they left in their mounts is brought back. */
  declared(): Service[];
  /** The volumes that were made without a service. */
  recorded?: VolumeRecord;
  /** Something changed on the engine: what is deployed is to be looked at. */
  onChange(): void;
  /** Seconds after which a call, or a job, is ended; 0 is never. */
  runTimeoutSeconds: number;
  jobTimeoutSeconds: number;
  log: Log;
  now(): number;
  /** How many calls of one service run at once when it sets no `max_scale`. */
  total?: number;
  idleMs?: number;
  after?: After;
  /** How files get into containers and back, if not in the way that is found to work. */
  delivery?: Delivery;
}
