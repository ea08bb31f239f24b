import { rm } from 'node:fs/promises';
import type { Engine, EngineInfo, Image } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import type { Service } from '../../../model/service.ts';
import type { Deployment } from '../../executor.ts';
import { createTurns } from '../turns.ts';
import { removeFolders } from './files.ts';
import { exposedLabels, filesOf, serviceOf } from './names.ts';
import type { ExposedParts } from './parts.ts';
import { createStand, type Stand } from './stand.ts';
import { oscarTimes, type Times } from './times.ts';

export type { ExposedParts, Held } from './parts.ts';

/** The containers of exposed services. */
export interface Exposed {
  /**
   * Brings the service's instances up, in place of those of an older version, and answers when they are on their way:
   * how they do is observed. Of a stopped one no instance stays.
   */
  deploy(service: Service, image: Image): Promise<void>;
  /** Ends the instances that are known of it once they have answered their requests. */
  stop(name: string): Promise<void>;
  /** Removes its instances; nothing happens when there are none. */
  withdraw(name: string): Promise<void>;
  /** What is here of exposed services, also of those that an earlier process put here. */
  observe(): Promise<Deployment[]>;
  /** Removes all instances. */
  close(): Promise<void>;
}

const notDeployed = { fingerprint: '', state: 'pending', lines: [], reason: 'An earlier run left it here.' } as const;

/** The containers of exposed services on an engine. */
export function createExposed(parts: ExposedParts, times: Times = oscarTimes): Exposed {
  const { engine, log } = parts;
  const all = exposedLabels(parts.marks.all);
  const stands = new Map<string, Stand>();
  const inTurn = createTurns();
  let left: Promise<Map<string, number>> | undefined;

  const lookForLeft = () => {
    left ??= countLeft(parts, all);
    left.catch(() => {
      left = undefined;
    });
    return left;
  };
  const standOf = (name: string): Stand => {
    const stand = stands.get(name) ?? createStand(name, { ...parts, times });
    stands.set(name, stand);
    return stand;
  };
  const scaling = setInterval(() => {
    for (const [name, stand] of stands) {
      stand
        .scale()
        .catch((error) => log.warn('instances were not counted anew', { service: name, error: String(error) }));
    }
  }, times.sampleMs);
  scaling.unref();

  return {
    deploy: (service, image) => {
      demandNear(service, engine);
      return inTurn(service.name, async () => {
        await lookForLeft();
        await standOf(service.name).deploy(service, image);
      });
    },
    stop: (name) => inTurn(name, async () => stands.get(name)?.stop()),
    withdraw: (name) =>
      inTurn(name, async () => {
        const before = await lookForLeft();
        if (!stands.has(name) && !before.has(name)) return;
        await standOf(name).remove();
        stands.delete(name);
        before.delete(name);
      }),
    observe: async () => {
      const known = [...stands.values()].flatMap((stand) => stand.observe() ?? []);
      const before = [...(await lookForLeft())].filter(([name]) => !stands.has(name));
      return [...known, ...before.map(([service, instances]) => ({ ...notDeployed, lines: [], service, instances }))];
    },
    close: async () => {
      clearInterval(scaling);
      await Promise.all([...stands].map(([name, stand]) => inTurn(name, stand.remove)));
      stands.clear();
      await Promise.all((await engine.list(all)).map(({ id }) => engine.remove(id)));
      await rm(parts.folder, { recursive: true, force: true });
    },
  };
}

/** The instances that an earlier run left, by their service; files that none of them uses go. */
async function countLeft({ engine, folder }: ExposedParts, labels: Record<string, string>) {
  const found = await engine.list(labels);
  const used = new Set(found.map(filesOf));
  await removeFolders(folder, (name) => !used.has(name));
  const counts = new Map<string, number>();
  for (const one of found) counts.set(serviceOf(one), (counts.get(serviceOf(one)) ?? 0) + 1);
  return counts;
}

/** Why a service's servers cannot be reached on this engine, a sentence; nothing when they can. */
export function unreachableServer({ name }: Service, { place, product, address }: EngineInfo): string | undefined {
  if (place !== 'remote') return undefined;
  return `${name} cannot be exposed: ${product} runs at ${address}, and what it opens there is not reached from here.`;
}

function demandNear(service: Service, { info }: Engine): void {
  const sentence = unreachableServer(service, info);
  if (!sentence) return;
  throw new SandboxError('unavailable', sentence, { hint: 'Use an engine on this machine for exposed services.' });
}
