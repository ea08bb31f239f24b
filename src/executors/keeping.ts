import type { Log } from '../log.ts';
import type { Service } from '../model/service.ts';
import { createRecent, type Recent } from './recent.ts';
import { createTenure, type Tenure } from './tenure.ts';

/** What is kept for services while they are deployed, or while something goes on for them; nothing longer. */
export interface Keeping {
  deployed: Map<string, Service>;
  recent: Recent;
  withdraw(name: string): Promise<void>;
  during: Tenure['during'];
}

/** OSCAR: the most that can be asked for. */
const KEPT_LINES = 1000;

export interface KeepingParts {
  log: Log;
  now(): number;
}

/** `letGo` frees of all that is held for a service. */
export function createKeeping(letGo: (name: string) => Promise<unknown>, { log, now }: KeepingParts): Keeping {
  const deployed = new Map<string, Service>();
  const recent = createRecent(KEPT_LINES, now);
  const forget = async (name: string) => {
    recent.forget(name);
    await letGo(name);
  };
  // A task may outlive its service, and may so begin again what the withdrawal ended.
  const tenure = createTenure((name) => {
    if (deployed.has(name)) return;
    forget(name).catch((error: unknown) => log.error('a service is not forgotten', { error: String(error) }));
  });
  const withdraw = async (name: string) => {
    deployed.delete(name);
    await forget(name);
  };
  return { deployed, recent, withdraw, during: tenure.during };
}
