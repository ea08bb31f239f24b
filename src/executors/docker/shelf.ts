import type { Attached } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import { createLine } from '../line.ts';
import type { Cell, Kind } from './cell.ts';

export interface ShelfParts {
  make(service: Service, kind: Kind): Promise<Cell>;
  /** Containers are exchangeable between versions of a service when this is the same. */
  shapeOf(service: Service): string;
  log: Log;
}

/** A container that was just started. */
export interface Opened {
  cell: Cell;
  streams: Attached;
}

/** Containers that are made and wait to be started: one of each kind for a service that uses it. */
export interface Shelf {
  /** Starts the one that waits, else a new one; the next one is made meanwhile. */
  open(service: Service, kind: Kind): Promise<Opened>;
  /** Gets one ready, and lets those of another shape go. */
  stock(service: Service, kinds: Kind[]): void;
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}

interface Spare {
  cell: Cell;
  shape: string;
}

/** So many services have spares, those that were used last; and so many are made at once: work does not wait for them. */
const MOST_SERVICES = 20;
const AT_ONCE = 4;

const never = new AbortController().signal;

/** A shelf with nothing on it yet. */
export function createShelf({ make, shapeOf, log }: ShelfParts): Shelf {
  const spares = new Map<string, Spare>();
  const filling = new Map<string, Promise<void>>();
  const opening = new Set<Promise<unknown>>();
  let closed = false;
  const demandOpen = () => {
    if (closed) throw new SandboxError('unavailable', 'The sandbox is stopping.');
  };
  const wanted = new Set<string>();
  const line = createLine();
  /** The services that have spares, the one that was used last at the end. */
  const stocked = new Set<string>();

  const key = (name: string, kind: Kind): string => `${name} ${kind}`;
  const letGo = async (at: string): Promise<void> => {
    const spare = spares.get(at);
    spares.delete(at);
    await spare?.cell.remove();
  };
  const fill = async (service: Service, kind: Kind): Promise<void> => {
    const at = key(service.name, kind);
    if (closed || !wanted.has(at)) return;
    if (spares.get(at)?.shape === shapeOf(service)) return;
    await letGo(at);
    const cell = await make(service, kind);
    const spare = { cell, shape: shapeOf(service) };
    if (closed || !wanted.has(at)) await cell.remove();
    else spares.set(at, spare);
  };
  const refill = (service: Service, kind: Kind): void => {
    const at = key(service.name, kind);
    // What a mount brings would be kept in step for a container that nobody uses.
    if (closed || service.definition.mount.path) return;
    wanted.add(at);
    const work = (filling.get(at) ?? Promise.resolve())
      .then(() => line.enter(AT_ONCE, never))
      .then((leave) => fill(service, kind).finally(leave))
      .catch((error: unknown) =>
        log.warn('no container could be got ready', { service: service.name, error: String(error) }),
      )
      .finally(() => {
        if (filling.get(at) === work) filling.delete(at);
      });
    filling.set(at, work);
  };

  const begin = async (cell: Cell): Promise<Opened> => {
    try {
      demandOpen();
      const streams = await cell.start();
      demandOpen();
      return { cell, streams };
    } catch (error) {
      await cell.remove().catch((failure: unknown) => log.warn('a container stays', { error: String(failure) }));
      throw error;
    }
  };
  const take = (at: string, service: Service): Cell | undefined => {
    const spare = spares.get(at);
    if (spare?.shape !== shapeOf(service)) return undefined;
    spares.delete(at);
    return spare.cell;
  };

  const drop = async (name: string): Promise<void> => {
    const places = (['worker', 'job'] as const).map((kind) => key(name, kind));
    stocked.delete(name);
    for (const at of places) wanted.delete(at);
    await Promise.all(places.map((at) => filling.get(at)));
    await Promise.all(places.map(letGo));
  };
  const makeRoom = (name: string): void => {
    stocked.delete(name);
    const [oldest = ''] = stocked;
    if (stocked.size >= MOST_SERVICES) {
      drop(oldest).catch((error: unknown) => log.warn('a container stays', { error: String(error) }));
    }
    stocked.add(name);
  };

  const open = async (service: Service, kind: Kind): Promise<Opened> => {
    demandOpen();
    const spare = take(key(service.name, kind), service);
    makeRoom(service.name);
    try {
      if (!spare) return await begin(await make(service, kind));
      // Somebody may have removed it while it waited.
      return await begin(spare).catch(async () => begin(await make(service, kind)));
    } finally {
      refill(service, kind);
    }
  };

  return {
    open: (service, kind) => {
      const opened = open(service, kind);
      opening.add(opened);
      const done = () => void opening.delete(opened);
      opened.then(done, done);
      return opened;
    },
    stock: (service, kinds) => {
      if (kinds.length === 0 || (!stocked.has(service.name) && stocked.size >= MOST_SERVICES)) return;
      stocked.add(service.name);
      for (const kind of kinds) refill(service, kind);
    },
    drop,
    close: async () => {
      closed = true;
      await Promise.all([...filling.values(), Promise.allSettled(opening)]);
      await Promise.all([...spares.keys()].map(letGo));
    },
  };
}
