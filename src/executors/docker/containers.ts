import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import type { Service } from '../../model/service.ts';
import { warmScript } from '../agentscript.ts';
import type { After } from '../crew.ts';
import { createPool } from '../pool.ts';
import { type Berth, boundBerth, copiedBerth } from './berth.ts';
import { createCells } from './cell.ts';
import type { Delivery } from './delivery.ts';
import type { Errands } from './errands.ts';
import { createHolders } from './holders.ts';
import type { Images } from './images.ts';
import { jobScript } from './jobscript.ts';
import type { Marks } from './labels.ts';
import { limitsFor } from './needs.ts';
import type { Network } from './network.ts';
import { createShelf } from './shelf.ts';
import type { Stores } from './stores.ts';
import { startWorker } from './worker.ts';

export interface ContainersParts {
  engine: Engine;
  marks: Marks;
  images: Images;
  network: Network;
  stores: Stores;
  errands: Errands;
  delivery(image: string): Promise<Delivery>;
  /** Where the places of containers are. */
  places: string;
  ourUid: number;
  total?: number;
  idleMs?: number;
  after?: After;
  log: Log;
}

const afterTimeout: After = (ms, then) => {
  const timer = setTimeout(then, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

function createMaker(parts: ContainersParts) {
  const { engine, marks, images, network, stores, delivery, places, log } = parts;
  // Podman wants to know the very container that holds a network before it makes one that joins it: none is held there.
  const plain = engine.info.product === 'Podman';
  const lending = createHolders({ engine, marks, network, log });
  const holders = plain ? { ...lending, stock: () => undefined } : lending;
  const berth = async (name: string, image: string): Promise<Berth> =>
    (await delivery(image)) === 'bound' ? boundBerth(join(places, name)) : copiedBerth(engine);
  // Root may read and remove whatever a script made.
  const opens = parts.ourUid !== 0;
  const make = createCells({
    engine,
    marks,
    images,
    holders,
    scripts: { worker: warmScript({ enters: false, counts: true, opens }), job: jobScript({ opens }) },
    berth,
    limits: limitsFor,
    volumesOf: stores.volumesOf,
    mount: stores.mount,
    ...(plain ? { plainNetwork: network.name } : {}),
  });
  return { holders, make };
}

/** The containers that tasks run in: spares on a shelf, warm workers in a pool, and the networks that they join. */
export function createContainers(parts: ContainersParts) {
  const { engine, images, errands, log } = parts;
  const { holders, make } = createMaker(parts);
  const shapeOf = ({ definition }: Service): string => {
    const { image, memory, cpu, enable_gpu, mount, volume } = definition;
    return JSON.stringify([images.known(image)?.image.id, memory, cpu, enable_gpu, mount, volume]);
  };
  const onFailure = (error: unknown) => log.error('a worker failed', { error: String(error) });
  const shelf = createShelf({ make, shapeOf, log });
  const pool = createPool({
    start: async (service) => startWorker({ engine, errands, ...(await shelf.open(service, 'worker')), onFailure }),
    shapeOf,
    total: parts.total ?? 2 * availableParallelism() + 8,
    idleMs: parts.idleMs ?? 60_000,
    after: parts.after ?? afterTimeout,
    onFailure,
  });
  return { holders, shelf, pool };
}
