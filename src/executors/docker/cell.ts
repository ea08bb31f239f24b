import type { Attached, ContainerSpec, Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { Berth } from './berth.ts';
import type { Holder, Holders } from './holders.ts';
import type { Facts, Images } from './images.ts';
import type { Marks, Role } from './labels.ts';
import { type Frame, jobSpec, workerSpec } from './spec.ts';

export type Kind = Extract<Role, 'worker' | 'job'>;

/** The mount of a service while a container uses it. */
export interface Mounted {
  /** The folder on this machine, and where the container sees it. */
  bind: string;
  /** All that was there is in the folder. */
  ready: Promise<void>;
  /** What is in the bucket now is in the folder. */
  refresh(): Promise<void>;
  /** What changed on either side is on the other. */
  flush(): Promise<void>;
  release(): Promise<void>;
}

export interface CellParts {
  engine: Engine;
  marks: Marks;
  images: Images;
  holders: Holders;
  /** What the first process of a container of this kind runs. */
  scripts: Record<Kind, string>;
  /** A place for the tasks of one container. */
  berth(name: string, image: string): Promise<Berth>;
  limits(service: Service): ContainerSpec['HostConfig'];
  volumesOf(service: Service): Promise<{ Source: string; Target: string }[]>;
  mount(service: Service): Mounted | undefined;
  /** The network of containers that no holder serves, where the engine has none. */
  plainNetwork?: () => Promise<string>;
}

/** A container for tasks of one service: made, and then started once. */
export interface Cell {
  id: string;
  service: string;
  /** The image it was made from. */
  facts: Facts;
  berth: Berth;
  mounted: Mounted | undefined;
  /** The container that holds its network, while it runs. */
  holder(): string | undefined;
  /** Its streams, from the first byte on. */
  start(): Promise<Attached>;
  /** Ends what runs in it; asked twice, it does so once. */
  remove(): Promise<void>;
}

/** Makes cells; their networks come when they start. */
export function createCells(parts: CellParts): (service: Service, kind: Kind) => Promise<Cell> {
  const { engine, marks, images, holders, scripts, plainNetwork } = parts;
  let count = 0;

  const frameOf = async (service: Service, facts: Facts, made: Made): Promise<Frame> => ({
    image: facts.image.id,
    labels: marks.passing(made.kind, service.name),
    network: plainNetwork ? await plainNetwork() : `container:${made.network}`,
    binds: [...made.berth.binds, ...(made.mounted ? [made.mounted.bind] : [])],
    volumes: await parts.volumesOf(service),
    limits: parts.limits(service),
  });

  return async (service, kind) => {
    count += 1;
    const number = count;
    const facts = await images.get(service.definition.image);
    const network = marks.name('network', service.name, marks.run, number);
    const mounted = parts.mount(service);
    const berth = await parts.berth(`${marks.run}-${number}`, facts.image.id);
    const made: Made = { kind, network, berth, mounted };
    const freed = async () => void (await Promise.all([made.berth.remove(), made.mounted?.release()]));
    try {
      const spec = kind === 'job' ? jobSpec : workerSpec;
      // Of the last run of the program some may still be there.
      const name = marks.name(kind, service.name, marks.run, number);
      const id = await engine.create(name, spec(await frameOf(service, facts, made), scripts[kind]));
      const lend = plainNetwork ? undefined : () => holders.lend(service.name, network, facts.image.id);
      return cellOf({ engine, holders, id, service: service.name, facts, made, freed, lend });
    } catch (error) {
      await freed();
      throw error;
    }
  };
}

interface Made {
  kind: Kind;
  network: string;
  berth: Berth;
  mounted: Mounted | undefined;
}

interface CellOf extends Pick<CellParts, 'engine' | 'holders'> {
  id: string;
  service: string;
  facts: Facts;
  made: Made;
  freed(): Promise<void>;
  lend: (() => Promise<Holder>) | undefined;
}

const endsAtOnce = (service: string, exitCode: number) =>
  new SandboxError(
    'unavailable',
    `The containers of ${service} do not stay: the shell ends at once (exit code ${exitCode}).`,
    {
      hint: 'Look whether its image can run: /bin/sh -c true.',
    },
  );

/** After a restart of the engine none of those that are kept is alive. */
const MOST_HOLDERS = 8;

function cellOf({ engine, holders, id, service, facts, made, freed, lend }: CellOf): Cell {
  let holder: Holder | undefined;
  let removed: Promise<void> | undefined;
  const { berth, mounted } = made;

  const launch = async (): Promise<Attached> => {
    const streams = await engine.attach(id);
    // Whoever writes to what has ended learns of it by the end of the output.
    streams.input.on('error', () => undefined);
    await mounted?.ready;
    await engine.start(id);
    return streams;
  };
  const start = async (): Promise<Attached> => {
    if (!lend) return launch();
    for (let left = MOST_HOLDERS; ; left--) {
      holder = await lend();
      try {
        const streams = await launch();
        // Only now: making one at the same time would slow this one down.
        holders.stock(facts.image.id);
        return streams;
      } catch (error) {
        const now = await engine.inspect(holder.id);
        if (now?.state === 'running') throw error;
        // Somebody ended the holder, which was idle: another one takes its place.
        await holders.discard(holder);
        holder = undefined;
        if (left === 0) throw now ? endsAtOnce(service, now.exitCode) : error;
      }
    }
  };
  const remove = async (): Promise<void> => {
    await engine.remove(id);
    if (holder) await holders.giveBack(service, holder);
    holder = undefined;
    await freed();
  };
  return {
    id,
    service,
    facts,
    berth,
    mounted,
    holder: () => holder?.id,
    start,
    remove: () => {
      removed ??= remove().catch((error: unknown) => {
        removed = undefined;
        throw error;
      });
      return removed;
    },
  };
}
