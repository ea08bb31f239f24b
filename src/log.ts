import { renameSync, statSync } from 'node:fs';
import pino from 'pino';

/** The daemon's own log: JSON lines, for `daemon.log` and for people who debug it. */
export interface Log {
  debug(message: string, details?: Record<string, unknown>): void;
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  error(message: string, details?: Record<string, unknown>): void;
}

const largest = 10 * 2 ** 20;

/** A log that appends to `file`; one that has grown large is moved to `file.1` first. Nothing is lost at the end. */
export function createLog(file: string, level: 'debug' | 'info' | 'warn' | 'error' = 'info'): Log {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(file, `${file}.1`);
  const out = pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file, sync: true, mkdir: true, mode: 0o600 }),
  );
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, details: Record<string, unknown> = {}) => {
      try {
        out[name](details, message);
      } catch {
        // The disk is full: there is nowhere left to say so, and the sandbox goes on.
      }
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log that keeps nothing, for tests. */
export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
