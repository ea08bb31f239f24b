import type { Executor } from '../executors/executor.ts';
import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Service } from '../model/service.ts';
import type { Services } from '../store/services.ts';
import { apply } from './apply.ts';
import type { News } from './condition.ts';
import { createFailures } from './failures.ts';
import { plan, type Step } from './plan.ts';
import { createWorks } from './works.ts';

export interface LoopParts {
  services: Services;
  executor: Executor;
  /** How long a call waits for a newer version than the one that serves; three seconds, unless told. */
  patienceMs?: number;
  /** A service serves a version, with what was said about it. */
  onReady(service: Service, warnings: string[]): void;
  /** What takes long about a service: its image is fetched. */
  onProgress(name: string, line: string): void;
  onFailed(name: string, error: SandboxError): void;
  onWithdrawn(name: string): void;
  /** A whole pass failed: the executor could not be looked at. The next one tries again. */
  onBroken(error: unknown): void;
}

/** Makes what runs match what was declared: one pass at a time, woken by a nudge or a slow tick. */
export interface Loop {
  nudge(): void;
  /**
   * The version that serves: the newest that was deployed. Waits for a newer one unless that is known to take long, and
   * for the first one however long that takes, until the signal.
   */
  serving(name: string, signal?: AbortSignal): Promise<Service>;
  /** The services whose first version takes long to come, or waits for what is away: an engine, a registry. */
  awaited(): string[];
  /** What is known of a service that cannot be observed. */
  news(name: string): News;
  /** Resolves when everything that was declared before is deployed, or has failed. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const tickMs = 30_000;
/** In place of a version. */
const WITHDRAWN = 0;

export function createLoop(parts: LoopParts): Loop {
  const { services, executor } = parts;
  const serving = new Map<string, Service>();
  const failures = createFailures(() => nudge());
  const works = createWorks(() => nudge(), parts.patienceMs);
  let pass: Promise<void> = Promise.resolve();
  let queued = false;
  let closed = false;

  const withdraw = async (step: Extract<Step, { verb: 'withdraw' }>): Promise<void> => {
    try {
      await apply(step, executor, () => undefined);
      parts.onWithdrawn(step.name);
    } catch (error) {
      parts.onFailed(step.name, asSandboxError(error));
    }
  };
  const deploy = async (step: Exclude<Step, { verb: 'withdraw' }>, onProgress: (line: string) => void) => {
    const { service } = step;
    // What a newer version overtook meanwhile is no news; the next pass sees to what it left.
    const isOvertaken = () => (serving.get(service.name)?.version ?? 0) > service.version;
    try {
      const warnings = await apply(step, executor, onProgress);
      if (isOvertaken()) return;
      serving.set(service.name, service);
      failures.forget(service.name);
      parts.onReady(service, warnings);
    } catch (error) {
      if (isOvertaken()) return;
      const failure = asSandboxError(error);
      const before = failures.of(service.name);
      failures.add(service, failure);
      // Each further try that ends alike is no news.
      if (before?.version === service.version && before.error.message === failure.message) return;
      parts.onFailed(service.name, failure);
    }
  };
  const perform = (step: Step): void => {
    if (step.verb === 'withdraw') {
      if (works.of(step.name)?.version !== WITHDRAWN) works.begin(step.name, WITHDRAWN, () => withdraw(step));
      return;
    }
    const { service } = step;
    if (works.of(service.name)?.version === service.version || failures.isResting(service)) return;
    // Nor is it that a further try begins.
    let told = failures.of(service.name)?.version !== service.version;
    works.begin(service.name, service.version, (onProgress) =>
      deploy(step, (line) => {
        onProgress(line);
        if (told) parts.onProgress(service.name, line);
        told = true;
      }),
    );
  };

  const once = async (): Promise<void> => {
    queued = false;
    const declared = services.list();
    const names = new Set(declared.map((service) => service.name));
    for (const name of serving.keys()) if (!names.has(name)) serving.delete(name);
    failures.keep(names);
    for (const step of plan(declared, await executor.observe())) perform(step);
    await works.known();
    // A change that a run cannot notice (a label) needs no deployment, yet is what serves now.
    for (const service of declared) {
      if (serving.get(service.name)?.fingerprint === service.fingerprint) serving.set(service.name, service);
    }
  };

  const nudge = (): void => {
    if (queued || closed) return;
    queued = true;
    pass = pass.then(once).catch(parts.onBroken);
  };

  const tick = setInterval(nudge, tickMs);
  tick.unref();

  return {
    nudge,
    serving: async (name, signal) => {
      const declared = services.get(name);
      // No pass has looked at it yet, as right after a start.
      if (declared && !serving.has(name) && failures.of(name)?.version !== declared.version) nudge();
      // A save is served by the next call: let the pass that it nudged end first.
      if (queued || declared?.fingerprint !== serving.get(name)?.fingerprint) await pass;
      if (declared?.fingerprint !== serving.get(name)?.fingerprint) await works.of(name)?.worthwhile;
      for (let work = works.of(name); work && !serving.has(name); work = works.of(name)) {
        await unlessAborted(work.done, signal, () => works.of(name)?.progress);
      }
      const service = serving.get(name);
      if (service) return service;
      throw notServed(name, failures.of(name)?.error);
    },
    awaited: () =>
      [...works.names(), ...failures.names('unavailable')].filter((name) => !serving.has(name) && services.get(name)),
    news: (name) => ({ failure: failures.of(name), progress: works.of(name)?.progress }),
    settled: async () => {
      nudge();
      await pass;
      await works.done();
    },
    close: async () => {
      closed = true;
      clearInterval(tick);
      await pass;
      failures.keep(new Set());
    },
  };
}

/** To who calls it, it is not available, for whatever reason: that a registry forbids an image is not about the caller. */
const notServed = (name: string, cause?: SandboxError): SandboxError =>
  new SandboxError('unavailable', cause?.message ?? `The service ${name} is not ready.`, { hint: cause?.hint, cause });

/** Waits for it, but no longer than until the signal: then what it was at is said. */
async function unlessAborted(
  work: Promise<void>,
  signal: AbortSignal | undefined,
  at: () => string | undefined,
): Promise<void> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new SandboxError('timeout', `The service is not ready yet${at() ? `: ${at()}` : ''}.`));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
