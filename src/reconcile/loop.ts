import type { Executor } from '../executors/executor.ts';
import { asSandboxError, SandboxError } from '../model/errors.ts';
import type { Service } from '../model/service.ts';
import type { Services } from '../store/services.ts';
import { apply } from './apply.ts';
import { createFailures } from './failures.ts';
import { plan, type Step } from './plan.ts';

export interface LoopParts {
  services: Services;
  executor: Executor;
  /** A service serves a version, with what was said about it. */
  onReady(service: Service, warnings: string[]): void;
  onFailed(name: string, error: SandboxError): void;
  onWithdrawn(name: string): void;
  /** A whole pass failed: the executor could not be looked at. The next one tries again. */
  onBroken(error: unknown): void;
}

/** Makes what runs match what was declared: one pass at a time, woken by a nudge or a slow tick. */
export interface Loop {
  nudge(): void;
  /** The version that serves: the newest that was deployed; waits for the first one. */
  serving(name: string): Promise<Service>;
  close(): Promise<void>;
}

const tickMs = 30_000;

export function createLoop(parts: LoopParts): Loop {
  const { services, executor } = parts;
  const serving = new Map<string, Service>();
  const failures = createFailures(() => nudge());
  let pass: Promise<void> = Promise.resolve();
  let queued = false;
  let closed = false;

  const perform = async (step: Step): Promise<void> => {
    if (step.verb !== 'withdraw' && failures.isResting(step.service)) return;
    try {
      const warnings = await apply(step, executor);
      if (step.verb === 'withdraw') return parts.onWithdrawn(step.name);
      serving.set(step.service.name, step.service);
      failures.forget(step.service.name);
      parts.onReady(step.service, warnings);
    } catch (error) {
      const failure = asSandboxError(error);
      if (step.verb !== 'withdraw') failures.add(step.service, failure);
      parts.onFailed(step.verb === 'withdraw' ? step.name : step.service.name, failure);
    }
  };

  const once = async (): Promise<void> => {
    queued = false;
    const declared = services.list();
    const names = new Set(declared.map((service) => service.name));
    for (const name of serving.keys()) if (!names.has(name)) serving.delete(name);
    failures.keep(names);
    const steps = plan(declared, await executor.observe());
    for (const step of steps) await perform(step);
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
    serving: async (name) => {
      const declared = services.get(name);
      // No pass has looked at it yet, as right after a start.
      if (declared && !serving.has(name) && failures.of(name)?.version !== declared.version) nudge();
      // A save is served by the next call: let the pass that it nudged end first.
      if (queued || declared?.fingerprint !== serving.get(name)?.fingerprint) await pass;
      const service = serving.get(name);
      if (service) return service;
      throw failures.of(name)?.error ?? new SandboxError('unavailable', `The service ${name} is not ready.`);
    },
    close: async () => {
      closed = true;
      clearInterval(tick);
      await pass;
      failures.keep(new Set());
    },
  };
}
