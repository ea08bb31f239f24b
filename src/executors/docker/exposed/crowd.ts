import { setTimeout as pause } from 'node:timers/promises';
import type { Instance } from './instance.ts';

/** The instances of one version: as many as are wanted, also when somebody removes some. */
export interface Crowd {
  instances(): Instance[];
  /** Takes over a container that runs already. */
  adopt(id: string): void;
  wanted(): number;
  /** Makes or removes what it takes; throws what went wrong, and tries again at the next occasion. */
  want(count: number): Promise<void>;
  remove(): Promise<void>;
}

export interface CrowdParts {
  /** Makes and starts a container; answers its id. */
  make(): Promise<string>;
  look(id: string, onGone: () => void): Instance;
  /** How long one that is to go stays: requests are on their way to it. */
  drainMs: number;
  onChange(): void;
  onFailure(error: unknown): void;
}

export function createCrowd({ make, look, drainMs, onChange, onFailure }: CrowdParts): Crowd {
  const instances = new Map<string, Instance>();
  /** No longer counted, and not yet removed. */
  const leaving = new Set<Instance>();
  let wanted = 0;
  let ended = false;
  let leveling: Promise<void> = Promise.resolve();

  const adopt = (id: string): void => {
    const onGone = () => {
      instances.delete(id);
      onChange();
      level().catch(onFailure);
    };
    instances.set(id, look(id, onGone));
  };
  const add = async (): Promise<void> => adopt(await make());
  const drain = async (instance: Instance): Promise<void> => {
    leaving.add(instance);
    await pause(drainMs, undefined, { ref: false });
    await instance.remove();
    leaving.delete(instance);
  };
  const once = async (): Promise<void> => {
    if (ended) return;
    const missing = Math.max(wanted - instances.size, 0);
    const made = await Promise.allSettled(Array.from({ length: missing }, add));
    for (const one of made) if (one.status === 'rejected') throw one.reason;
    const surplus = [...instances.values()].slice(wanted);
    for (const instance of surplus) {
      instances.delete(instance.id);
      instance.leave();
      drain(instance).catch(onFailure);
    }
    if (surplus.length > 0) onChange();
  };
  /** One at a time, so that nobody counts what another is about to make. */
  const level = (): Promise<void> => {
    leveling = leveling.then(once, once);
    return leveling;
  };

  return {
    instances: () => [...instances.values()],
    adopt,
    wanted: () => wanted,
    want: async (count) => {
      // Whoever counted may have done so before the end.
      if (ended) return;
      wanted = count;
      return level();
    },
    remove: async () => {
      ended = true;
      const all = () => [...instances.values(), ...leaving];
      for (const instance of all()) instance.leave();
      // What is being made now is not there yet.
      await leveling.catch(() => undefined);
      await Promise.all(all().map((instance) => instance.remove()));
      instances.clear();
    },
  };
}
