import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../../engine/engine.ts';
import type { Log } from '../../../log.ts';
import type { Line } from '../../../model/deployment.ts';
import { type Condition, createSightings } from './condition.ts';
import { askHealth } from './health.ts';
import { createPrinted } from './printed.ts';
import type { Times } from './times.ts';

/** One container of an exposed service, which is looked at until it is removed. */
export interface Instance {
  readonly id: string;
  condition(): Condition;
  /** Where it answers, while it is ready. */
  address(): string | undefined;
  lines(): Line[];
  /** The percentage of its processors that it has used since this was last asked. */
  use(): Promise<number | undefined>;
  /** Looks at it no more. */
  leave(): void;
  remove(): Promise<void>;
}

export interface InstanceParts {
  engine: Engine;
  id: string;
  /** In the container. */
  port: number;
  healthPath: string;
  /** Processors that it may use. */
  cpus: number;
  times: Times;
  now(): number;
  log: Log;
  /** It is ready, or is so no more. */
  onChange(): void;
  /** It is no longer on the engine. */
  onGone(): void;
}

/** Looks after a container that was started. */
export function createInstance(parts: InstanceParts): Instance {
  const { engine, id } = parts;
  const left = new AbortController();
  let wake = new AbortController();
  const printed = createPrinted({ engine, id, onEnd: () => wake.abort() });
  const look = createLook(parts, { printed, gone: () => left.abort() });

  const watch = async (): Promise<void> => {
    while (!left.signal.aborted) {
      wake = new AbortController();
      const ms = await look.once();
      // Woken when it has ended, or when nobody wants to know any more.
      const signal = AbortSignal.any([left.signal, wake.signal]);
      await pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  void watch();

  const leave = () => {
    left.abort();
    printed.close();
  };
  return {
    id,
    condition: look.condition,
    address: look.address,
    lines: printed.lines,
    use: createUse(parts),
    leave,
    remove: async () => {
      leave();
      await engine.remove(id);
    },
  };
}

interface LookParts {
  printed: ReturnType<typeof createPrinted>;
  gone(): void;
}

function createLook(parts: InstanceParts, { printed, gone }: LookParts) {
  const { engine, id, times, now, log } = parts;
  const begun = now();
  const sightings = createSightings({ ...parts, lines: () => printed.lines().map(({ text }) => text) });
  let port: number | undefined;

  const isReady = () => sightings.condition().state === 'ready';
  const ask = (): Promise<string | undefined> =>
    port
      ? askHealth({ port, path: parts.healthPath, timeoutMs: times.answerMs })
      : Promise.resolve('Its port is not open');
  const judge = async (wrong: string | undefined): Promise<void> => {
    if (wrong === undefined) return sightings.well();
    sightings.unwell(`${wrong} on port ${parts.port}.`);
    if (!sightings.isDead()) return;
    log.warn('an instance answers no more and is started anew', { id, reason: wrong });
    sightings.revived();
    await engine.kill(id);
    await engine.start(id);
  };
  const look = async (): Promise<void> => {
    // Of one that is well the engine knows nothing new.
    const wrong = isReady() ? await ask() : 'It is starting';
    if (wrong === undefined) return sightings.well();
    const found = await engine.inspect(id);
    if (!found) {
      sightings.lost('Its container was removed.');
      gone();
      return parts.onGone();
    }
    printed.listen(found.startedAt);
    // Another one at each start.
    const before = port;
    port = found.ports[parts.port];
    if (found.state === 'running') return judge(isReady() && port === before ? wrong : await ask());
    sightings.ended(found);
    // The engine itself begins the next run, but for what somebody has stopped or killed.
    if (found.state === 'exited') await engine.start(id);
  };

  return {
    condition: sightings.condition,
    address: () => (isReady() && port ? `http://127.0.0.1:${port}` : undefined),
    /** Answers after how many milliseconds to look again. */
    once: async (): Promise<number> => {
      await look().catch((error: unknown) => {
        log.debug('an instance could not be looked at', { id, error: String(error) });
        sightings.lost(`It could not be looked at: ${(error as Error).message}`);
      });
      return isReady() || now() - begun > times.startMs ? times.readyMs : times.startingMs;
    },
  };
}

function createUse({ engine, id, cpus, now }: InstanceParts): Instance['use'] {
  let last: { at: number; used: number } | undefined;
  return async () => {
    const before = last;
    last = { at: now(), used: await engine.cpuTime(id) };
    if (!before || last.at <= before.at || last.used < before.used) return undefined;
    return ((last.used - before.used) / 1e6 / (last.at - before.at) / cpus) * 100;
  };
}
