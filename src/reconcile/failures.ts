import type { ErrorCode, SandboxError } from '../model/errors.ts';
import { type Service, standingOf } from '../model/service.ts';

/** The services that could not be deployed, and when to try each again: later each time. */
export interface Failures {
  /** Remembers why it failed, and wakes the loop when it has rested. */
  add(service: Service, error: SandboxError): void;
  /** Did this very version fail a moment ago? What is declared anew, stopped or started is tried at once. */
  isResting(service: Service): boolean;
  /** The services whose newest try failed in this way. */
  names(code: ErrorCode): string[];
  /** What the newest try failed with. */
  of(name: string): { error: SandboxError; version: number } | undefined;
  forget(name: string): void;
  /** Forgets all but these. */
  keep(names: Set<string>): void;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

interface Failure {
  error: SandboxError;
  version: number;
  fingerprint: string;
  standing: string;
  pauseMs: number;
  /** Rings when it has rested. */
  timer?: NodeJS.Timeout;
}

/** No failures yet. Waits by timers alone: what is done to the clock does not matter. */
export function createFailures(wake: () => void): Failures {
  const failures = new Map<string, Failure>();
  const forget = (name: string) => {
    clearTimeout(failures.get(name)?.timer);
    failures.delete(name);
  };
  return {
    add: (service, error) => {
      const { name, version, fingerprint } = service;
      const before = failures.get(name);
      const again = before?.fingerprint === fingerprint;
      const pauseMs = again ? Math.min(before.pauseMs * 2, longestPauseMs) : firstPauseMs;
      const failure: Failure = { error, version, fingerprint, standing: standingOf(service), pauseMs };
      forget(name);
      failures.set(name, failure);
      failure.timer = setTimeout(() => {
        failure.timer = undefined;
        wake();
      }, pauseMs).unref();
    },
    isResting: (service) => {
      const failure = failures.get(service.name);
      if (failure?.timer === undefined) return false;
      return failure.version === service.version && failure.standing === standingOf(service);
    },
    names: (code) => [...failures].flatMap(([name, { error }]) => (error.code === code ? [name] : [])),
    of: (name) => failures.get(name),
    forget,
    keep: (names) => {
      for (const name of failures.keys()) if (!names.has(name)) forget(name);
    },
  };
}
