import { randomBytes } from 'node:crypto';

/** What a container or a volume of ours is for. */
export type Role = 'worker' | 'job' | 'network' | 'probe' | 'volume';

/** How everything of one sandbox on an engine is marked and called. */
export interface Marks {
  /** What all of it carries. */
  all: Record<string, string>;
  of(role: Role, service?: string): Record<string, string>;
  /** The same, with the run of the program that made it: a container that goes with it. */
  passing(role: Role, service?: string): Record<string, string>;
  /** Tells this run of the program from those before it. */
  run: string;
  /** A name that nothing else on the engine has, if what it is for comes first: `oscar-sandbox-0123456789ab-job-…`. */
  name(...parts: (string | number)[]): string;
}

const DATA = 'oscar-sandbox.data';
const ROLE = 'oscar-sandbox.role';
const RUN = 'oscar-sandbox.run';
const SERVICE = 'oscar-sandbox.service';

/** The marks of the sandbox with this id. */
export function createMarks(id: string): Marks {
  const all = { [DATA]: id };
  const run = randomBytes(3).toString('hex');
  const of: Marks['of'] = (role, service) => ({ ...all, [ROLE]: role, ...(service ? { [SERVICE]: service } : {}) });
  return {
    all,
    of,
    passing: (role, service) => ({ ...of(role, service), [RUN]: run }),
    run,
    name: (...parts) => ['oscar-sandbox', id, ...parts].map((part) => String(part).replace(/[^\w.-]/g, '_')).join('-'),
  };
}

/** What a container of ours is for, as its labels say. */
export const roleOf = (labels: Record<string, string>): string | undefined => labels[ROLE];

/** Which run of the program made it. */
export const runOf = (labels: Record<string, string>): string | undefined => labels[RUN];

/** Whose it is. */
export const serviceOf = (labels: Record<string, string>): string | undefined => labels[SERVICE];
