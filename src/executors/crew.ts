import type { Service } from '../model/service.ts';
import type { Agent } from './agent.ts';

/** One place that runs one task at a time. */
export interface Worker {
  agent: Agent;
  /** Processes killed in it so far because its memory was used up. */
  oomKills(): number;
  /** Whether processes of tasks that are over still run in it, as far as that can be known. */
  leftBehind(): boolean;
  /** Ends it with all it started, and frees what it held; asked twice, it does so once. */
  stop(): Promise<void>;
}

/** Calls back once after a while, unless it is called off. */
export type After = (ms: number, then: () => void) => () => void;

export interface CrewOptions {
  start(service: Service): Promise<Worker>;
  /** Workers are alike, and exchangeable between versions of a service, when this is. */
  shapeOf(service: Service): string;
  /** How long a worker beyond the minimum waits for work. */
  idleMs: number;
  after: After;
  onFailure(error: unknown): void;
}

/** The workers of one service. */
export interface Crew {
  /** This version counts from now on: so many workers get ready, those of another shape go. */
  settle(service: Service, min: number): Promise<void>;
  /** A worker of this version's shape, a warm one if there is one; with how to give it back. */
  take(service: Service): Promise<{ worker: Worker; giveBack(): void }>;
  size(): number;
  /** Idle workers go at once, busy ones when they are given back; or now as well. */
  disband(alsoBusy: boolean): Promise<void>;
}

interface Slot {
  worker: Worker;
  shape: string;
  callOff(): void;
}

/** A worker that died idle is replaced after this while: one that cannot live must not be started in a tight loop. */
const REPLACE_MS = 1000;

export function createCrew({ start, shapeOf, idleMs, after, onFailure }: CrewOptions): Crew {
  let current: { service: Service; shape: string; min: number } | undefined;
  let disbanded = false;
  let idle: Slot[] = [];
  const busy = new Set<Slot>();
  const stopping = new Set<Promise<void>>();
  let filling: Promise<void> = Promise.resolve();

  const fits = (slot: Slot): boolean => slot.worker.agent.alive() && slot.shape === current?.shape;
  const matching = (): number => [...idle, ...busy].filter(fits).length;

  const retire = (slot: Slot): void => {
    slot.callOff();
    idle = idle.filter((other) => other !== slot);
    const stopped = slot.worker.stop().catch(onFailure);
    stopping.add(stopped);
    void stopped.finally(() => stopping.delete(stopped));
  };
  const rest = (slot: Slot): void => {
    // What a task left behind ends with its worker; the next task is not to share a place with it.
    if (!fits(slot) || slot.worker.leftBehind()) {
      retire(slot);
      return;
    }
    idle.push(slot);
    slot.callOff = after(idleMs, () => {
      if (idle.length + busy.size > (current?.min ?? 0)) retire(slot);
    });
  };
  const hire = async (service: Service): Promise<Slot> => {
    const slot: Slot = { worker: await start(service), shape: shapeOf(service), callOff: () => undefined };
    void slot.worker.agent.ended.then(() => {
      // One that dies at its task is dealt with when it is given back.
      if (!idle.includes(slot)) return;
      retire(slot);
      after(REPLACE_MS, refill);
    });
    return slot;
  };

  const fillUp = async (): Promise<void> => {
    while (current && matching() < current.min) rest(await hire(current.service));
  };
  const fill = (): Promise<void> => {
    filling = filling.then(fillUp, fillUp);
    return filling;
  };
  const refill = () => {
    if (current && matching() < current.min) fill().catch(onFailure);
  };

  const take: Crew['take'] = async (service) => {
    const shape = shapeOf(service);
    const warm = idle.findLast((slot) => slot.shape === shape && slot.worker.agent.alive());
    warm?.callOff();
    idle = idle.filter((slot) => slot !== warm);
    const slot = warm ?? (await hire(service));
    busy.add(slot);
    if (disbanded) retire(slot);
    const giveBack = () => {
      busy.delete(slot);
      rest(slot);
      refill();
    };
    return { worker: slot.worker, giveBack };
  };

  return {
    settle: async (service, min) => {
      current = { service, shape: shapeOf(service), min };
      await fill();
      for (const slot of idle.filter((one) => !fits(one))) retire(slot);
    },
    take,
    size: () => idle.length + busy.size,
    disband: async (alsoBusy) => {
      current = undefined;
      disbanded = alsoBusy;
      for (const slot of [...idle, ...(alsoBusy ? busy : [])]) retire(slot);
      await Promise.all(stopping);
    },
  };
}
