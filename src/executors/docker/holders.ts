import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import { isGone } from './gone.ts';
import type { Marks } from './labels.ts';
import type { Network } from './network.ts';
import { holderSpec } from './spec.ts';

/** A container that does nothing but hold a network for another one, which then starts in a third of the time. */
export interface Holder {
  id: string;
}

export interface HoldersParts {
  engine: Engine;
  marks: Marks;
  network: Network;
  log: Log;
}

/** Holders, each lent to one container at a time: two of them never meet at a port. */
export interface Holders {
  /** One that nobody uses now, called by this name from now on. */
  lend(service: string, name: string, image: string): Promise<Holder>;
  /** Nothing runs in its network any more. */
  giveBack(service: string, holder: Holder): Promise<void>;
  /** This one cannot be used. */
  discard(holder: Holder): Promise<void>;
  /** Gets some ready. */
  stock(image: string): void;
  forget(service: string): Promise<void>;
  close(): Promise<void>;
}

/** So many that nobody has used are kept ready; so many of each service that it has used, but not for long. */
const FRESH = 2;
const KEPT = 8;
const REST_MS = 60_000;

/** The holders of one sandbox. What is written into the files of one (`/etc/hosts`) stays with its service. */
export function createHolders({ engine, marks, network, log }: HoldersParts): Holders {
  const fresh: Holder[] = [];
  const used = new Map<string, Holder[]>();
  let making: Promise<void> | undefined;
  let rested: NodeJS.Timeout | undefined;
  let count = 0;
  let closed = false;

  const begin = async (image: string): Promise<Holder> => {
    count += 1;
    const name = marks.name('network', marks.run, count);
    const id = await engine.create(name, holderSpec(image, await network.name(), marks.passing('network')));
    try {
      await engine.start(id);
      return { id };
    } catch (error) {
      await engine.remove(id);
      throw error;
    }
  };
  const make = (image: string): Promise<Holder> =>
    begin(image).catch((error: unknown) => {
      if (!isGone(error)) throw error;
      // Somebody removed the network.
      network.forget();
      return begin(image);
    });
  const rest = (service: string): Holder | undefined => used.get(service)?.pop() ?? fresh.shift();
  const remove = ({ id }: Holder): Promise<void> => engine.remove(id);
  const fill = async (image: string): Promise<void> => {
    while (!closed && fresh.length < FRESH) fresh.push(await make(image));
  };
  const stock = (image: string): void => {
    if (closed || fresh.length >= FRESH) return;
    making ??= fill(image)
      .catch((error: unknown) => log.warn('no network could be got ready', { error: String(error) }))
      .finally(() => {
        making = undefined;
      });
  };

  const trim = (): void => {
    const gone = [...used.values()].flatMap((kept) => kept.splice(0));
    used.clear();
    for (const holder of gone) {
      remove(holder).catch((error: unknown) => log.warn('a network stays', { error: String(error) }));
    }
  };

  return {
    lend: async (service, name, image) => {
      for (let holder = rest(service); ; holder = rest(service)) {
        const one = holder ?? (await make(image));
        try {
          await engine.rename(one.id, name);
          return one;
        } catch (error) {
          // Somebody removed it.
          if (!holder || !isGone(error)) throw error;
        }
      }
    },
    giveBack: async (service, holder) => {
      const kept = used.get(service) ?? [];
      used.set(service, kept);
      if (closed || kept.length >= KEPT) await remove(holder);
      else kept.push(holder);
      clearTimeout(rested);
      rested = setTimeout(trim, REST_MS).unref();
    },
    discard: remove,
    stock,
    forget: async (service) => {
      const kept = used.get(service) ?? [];
      used.delete(service);
      await Promise.all(kept.map(remove));
    },
    close: async () => {
      closed = true;
      clearTimeout(rested);
      await making;
      await Promise.all([...fresh.splice(0), ...[...used.values()].flat()].map(remove));
      used.clear();
    },
  };
}
