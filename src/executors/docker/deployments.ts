import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import { isExposed, type Service } from '../../model/service.ts';
import type { Executor } from '../executor.ts';
import { createKeeping, type Keeping } from '../keeping.ts';
import type { Offer } from '../needs.ts';
import { removeTree } from '../workspace/removal.ts';
import type { Kind } from './cell.ts';
import { unreachableServer } from './exposed/exposed.ts';
import type { Ground } from './ground.ts';
import { createLook } from './look.ts';
import { refused, warnings } from './needs.ts';
import type { JobRecord } from './records.ts';
import { createTurns } from './turns.ts';

export interface DeploymentsParts {
  ground: Ground;
  offer: Offer;
  /** Jobs that went on while this program was away, by the id of their task. */
  left: Map<string, JobRecord>;
  log: Log;
  now(): number;
}

export interface Deployments
  extends Pick<Executor, 'observe' | 'deploy' | 'withdraw'>,
    Pick<Keeping, 'deployed' | 'during' | 'recent'> {
  /** The image that the service's name for it means now counts from now on; one that cannot be used is asked for again. */
  renew(name: string): Promise<void>;
  /** Workers and spares are as they should be again, after the engine was away. */
  mend(): Promise<void>;
  /** The image that a service serves, if it can. */
  serving(name: string): string | undefined;
}

/** What will soon be started for a service: its servers take calls themselves, and jobs come from buckets. */
const kindsFor = ({ definition }: Service): Kind[] => [
  ...(isExposed(definition) ? [] : ['worker' as const]),
  ...(definition.input.length > 0 ? ['job' as const] : []),
];

/** The services on an engine. */
export function createDeployments({ ground, offer, left, log, now }: DeploymentsParts): Deployments {
  const { engine, images, delivery, pool, shelf, holders, workspace, exposed, records } = ground;
  const letGo = async (name: string) => {
    await Promise.all([pool.stop(name), shelf.drop(name)]);
    // What these give back goes too.
    await Promise.all([holders.forget(name), workspace.forget(name)]);
  };
  const { deployed, recent, withdraw, during } = createKeeping(letGo, { log, now });
  const served = new Map<string, string>();
  /** Their newest image could not be served: they are to be deployed anew. */
  const stale = new Set<string>();
  const inTurn = createTurns();

  const ready = async (service: Service, image: string): Promise<void> => {
    await pool.prepare(service);
    shelf.stock(service, kindsFor(service));
    holders.stock(image);
  };
  const serve = async (service: Service): Promise<void> => {
    const { image } = await images.get(service.definition.image);
    await ready(service, image.id);
    if (isNear(service, engine)) await exposed.deploy(service, image);
    else await exposed.withdraw(service.name);
    served.set(service.name, image.id);
    stale.delete(service.name);
  };
  const unserve = async (name: string): Promise<void> => {
    served.delete(name);
    stale.delete(name);
    await Promise.all([letGo(name), exposed.withdraw(name)]);
  };
  const renew = async (name: string): Promise<void> => {
    const service = deployed.get(name);
    if (!service || !served.has(name)) return;
    try {
      await serve(service);
    } catch (error) {
      stale.add(name);
      log.warn('a new image is not served', { service: name, error: String(error) });
    }
  };
  const deploy = async (service: Service, onProgress: (line: string) => void): Promise<string[]> => {
    const { name, definition } = service;
    // Also one whose image cannot be had.
    if (service.stopped) await exposed.stop(name);
    // Others need not wait while it is fetched.
    const { image } = await images.fetch(definition.image, onProgress);
    const sentence = refused(service, offer, await delivery.find(image.id));
    await inTurn(name, async () => {
      if (sentence) await unserve(name);
      else await serve(service);
      deployed.set(name, service);
    });
    const far = isExposed(definition) && unreachableServer(service, engine.info);
    return [...warnings(service, sentence), ...(far ? [far] : [])];
  };
  const removeLeft = async (name: string): Promise<void> => {
    for (const [task, record] of left) {
      if (record.service !== name) continue;
      left.delete(task);
      for (const id of [record.container, record.holder]) if (id) await engine.remove(id);
      if (record.place) await removeTree(record.place);
      records.remove(record.container);
    }
  };

  return {
    deployed,
    recent,
    during,
    renew: (name) => inTurn(name, () => renew(name)),
    serving: (name) => served.get(name),
    mend: async () => {
      const mended = (name: string) => async () => {
        const [service, image] = [deployed.get(name), served.get(name)];
        if (service && image) await ready(service, image);
      };
      for (const name of [...deployed.keys()]) await inTurn(name, mended(name));
    },
    deploy: (service, onProgress = () => undefined) => during(service.name, () => deploy(service, onProgress)),
    withdraw: (name) =>
      inTurn(name, async () => {
        served.delete(name);
        stale.delete(name);
        await exposed.withdraw(name);
        await Promise.all([withdraw(name), removeLeft(name)]);
      }),
    observe: createLook({ ground, offer, left, deployed, recent, stale }),
  };
}

/** Are servers to run for it, and can they be reached? */
const isNear = (service: Service, { info }: Engine): boolean =>
  isExposed(service.definition) && !unreachableServer(service, info);
