import type { FdlService } from '../fdl.ts';
import type { Diagnostic } from '../positions.ts';

/** What happened to a file of the watched folder. */
export type WatchEvent =
  | { kind: 'declared'; path: string; services: string[]; warnings: Diagnostic[] }
  | { kind: 'refused'; path: string; problems: Diagnostic[] }
  | { kind: 'withdrawn'; path: string }
  /** Somebody keeps the file open for writing: it is read when they are done. */
  | { kind: 'waiting'; path: string; text: string };

/** Which content each file was last declared with; outlives the daemon. */
export interface Seen {
  get(path: string): string | undefined;
  set(path: string, hash: string): void | Promise<void>;
  forget(path: string): void | Promise<void>;
  paths(): string[];
}

export interface WatchOptions {
  /** Absolute. */
  folder: string;
  /** Declares all that a file says. */
  declareFile(path: string, services: FdlService[], hash: string): Promise<void>;
  /** The services whose last declaration came from this path. */
  servicesOf(path: string): string[];
  /** Withdraws those of the services whose last declaration still came from this path. */
  withdraw(path: string, services: string[]): Promise<void>;
  seen: Seen;
  /** The time of day. */
  now(): number;
  /** Milliseconds that only ever grow, whatever is done to the clock. */
  elapsed(): number;
  log: { debug(text: string): void; warn(text: string): void };
  onEvent(event: WatchEvent): void;
}
