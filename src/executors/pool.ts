import { SandboxError } from '../model/errors.ts';
import type { Service } from '../model/service.ts';
import { type Crew, type CrewOptions, createCrew, type Worker } from './crew.ts';
import { createLine, type Line } from './line.ts';

/** A worker that is somebody's until it is given back. */
export interface Lease {
  worker: Worker;
  release(): void;
}

export interface PoolOptions extends CrewOptions {
  /** How many calls of one service run at once when it sets no `max_scale`. */
  total: number;
}

/** The warm workers of all services. */
export interface Pool {
  /** Makes this the service's current version: `min_scale` workers get ready, those of another shape go. */
  prepare(service: Service): Promise<void>;
  /** A worker for one task; runs wait in line for `max_scale`, jobs do not: their queue limits them. */
  acquire(service: Service, kind: 'run' | 'job', signal: AbortSignal): Promise<Lease>;
  /** Tasks end on their workers, idle ones go at once, whoever waits is sent away. */
  stop(name: string): Promise<void>;
  /** How many workers a service has. */
  count(name: string): number;
  /** Ends everything, at once. */
  close(): Promise<void>;
}

interface Team {
  crew: Crew;
  line: Line;
}

export function createPool(options: PoolOptions): Pool {
  const teams = new Map<string, Team>();
  let closed = false;

  const teamOf = (name: string): Team => {
    const team = teams.get(name) ?? { crew: createCrew(options), line: createLine() };
    teams.set(name, team);
    return team;
  };
  const most = ({ definition }: Service): number => definition.synchronous.max_scale || options.total;

  const dismiss = async (name: string, alsoBusy: boolean): Promise<void> => {
    const team = teams.get(name);
    teams.delete(name);
    team?.line.dismiss(new SandboxError('not-found', `The service ${name} went away while the call waited.`));
    await team?.crew.disband(alsoBusy);
  };

  const acquire: Pool['acquire'] = async (service, kind, signal) => {
    if (closed) throw new SandboxError('unavailable', 'The sandbox is stopping.');
    const { crew, line } = teamOf(service.name);
    const leave = kind === 'run' ? await line.enter(most(service), signal) : () => undefined;
    try {
      const { worker, giveBack } = await crew.take(service);
      const release = () => {
        giveBack();
        leave();
      };
      return { worker, release };
    } catch (error) {
      leave();
      throw error;
    }
  };

  return {
    prepare: async (service) => {
      const { crew, line } = teamOf(service.name);
      await crew.settle(service, Math.min(service.definition.synchronous.min_scale, most(service)));
      line.widen(most(service));
    },
    acquire,
    stop: (name) => dismiss(name, false),
    count: (name) => teams.get(name)?.crew.size() ?? 0,
    close: async () => {
      closed = true;
      await Promise.all([...teams.keys()].map((name) => dismiss(name, true)));
    },
  };
}
