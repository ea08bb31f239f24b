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

const KEPT_LINES = 200;

/** `letGo` frees of all that is held for a service. */
export function createKeeping(letGo: (name: string) => Promise<unknown>, log: Log): Keeping {
  const deployed = new Map<string, Service>();
  const recent = createRecent(KEPT_LINES);
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
