import { SandboxError } from '../model/errors.ts';
import type { Service } from '../model/service.ts';

/** A task that is staged and wants to run. */
export interface Work {
  /** Its folder as the place sees it. */
  folder: string;
  /** The same on this machine. */
  root: string;
  onOutput(chunk: Buffer): void;
  /** A file that the task left cannot be taken from the place. */
  onSkip(name: string, why: string): void;
}

/** How a script came to its end. */
export interface ScriptEnd {
  exitCode: number;
  /** Something of it was killed because its memory was used up. */
  oom: boolean;
}

/** One place that runs one task at a time. */
export interface Worker {
  alive(): boolean;
  /** Rejects when the worker dies; an abort ends it, and with it the task. */
  run(work: Work, signal: AbortSignal): Promise<ScriptEnd>;
  /** Resolves when it is gone, with how it went. */
  ended: Promise<string>;
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

/** A worker that died idle is replaced after a while, which doubles: one that cannot live must not be started in a loop. */
const REPLACE_MS = 1000;
const LONGEST_REPLACE_MS = 60_000;
/** So many that die without work, one after the other, and nobody tries further to get them ready. */
const MOST_DEATHS = 3;

export function createCrew({ start, shapeOf, idleMs, after, onFailure }: CrewOptions): Crew {
  let current: { service: Service; shape: string; min: number } | undefined;
  let disbanded = false;
  let idle: Slot[] = [];
  const busy = new Set<Slot>();
  const stopping = new Set<Promise<void>>();
  let filling: Promise<void> = Promise.resolve();
  /** Those that died idle, since one lived. */
  let deaths = 0;
  let lastWords = '';
  let callOffReplacing: (() => void) | undefined;

  const fits = (slot: Slot): boolean => slot.worker.alive() && slot.shape === current?.shape;
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
      deaths = 0;
      if (idle.length + busy.size > (current?.min ?? 0)) retire(slot);
    });
  };
  const hire = async (service: Service, shape: string): Promise<Slot> => {
    const slot: Slot = { worker: await start(service), shape, callOff: () => undefined };
    void slot.worker.ended.then((how) => {
      // One that dies at its task is dealt with when it is given back.
      if (!idle.includes(slot)) return;
      retire(slot);
      mourn(how);
      if (deaths === MOST_DEATHS) onFailure(endsAtOnce(service, how));
    });
    return slot;
  };
  const mourn = (how: string): void => {
    lastWords = how;
    const waitMs = Math.min(REPLACE_MS * 2 ** deaths, LONGEST_REPLACE_MS);
    deaths += 1;
    callOffReplacing ??= after(waitMs, () => {
      callOffReplacing = undefined;
      refill();
    });
  };

  const fillUp = async (): Promise<void> => {
    const before = deaths;
    while (current && matching() < current.min) {
      if (deaths - before >= MOST_DEATHS) throw endsAtOnce(current.service, lastWords);
      const slot = await hire(current.service, current.shape);
      if (!slot.worker.alive()) mourn(await slot.worker.ended);
      rest(slot);
    }
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
    const warm = idle.findLast((slot) => slot.shape === shape && slot.worker.alive());
    warm?.callOff();
    idle = idle.filter((slot) => slot !== warm);
    const slot = warm ?? (await hire(service, shape));
    busy.add(slot);
    if (disbanded) retire(slot);
    const giveBack = () => {
      busy.delete(slot);
      if (slot.worker.alive()) deaths = 0;
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
      callOffReplacing?.();
      callOffReplacing = undefined;
      for (const slot of [...idle, ...(alsoBusy ? busy : [])]) retire(slot);
      await Promise.all(stopping);
    },
  };
}

const endsAtOnce = ({ name, definition }: Service, how: string): SandboxError =>
  new SandboxError('unavailable', `The workers of ${name} do not stay: the shell ends at once (${how}).`, {
    hint: `Look whether ${definition.image || 'the shell'} can run: /bin/sh -c true.`,
  });
