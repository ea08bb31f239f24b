/** What an object of ours in a cluster is for. */
export type Role = 'service' | 'exposed' | 'job' | 'config' | 'secrets' | 'event' | 'volume' | 'store';

/** How everything of one sandbox in a cluster is marked. */
export interface Marks {
  /** What all of it carries. */
  all: Record<string, string>;
  of(role: Role, service?: string): Record<string, string>;
}

const DATA = 'oscar-sandbox.data';
const ROLE = 'oscar-sandbox.role';
const SERVICE = 'oscar-sandbox.service';
const FINGERPRINT = 'oscar-sandbox.fingerprint';
const TASK = 'oscar-sandbox.task';
const ATTEMPT = 'oscar-sandbox.attempt';
const POLICY = 'oscar-sandbox.policy';

/** The marks of the sandbox with this id. */
export function createMarks(id: string): Marks {
  const all = { [DATA]: id };
  return { all, of: (role, service) => ({ ...all, [ROLE]: role, ...(service ? { [SERVICE]: service } : {}) }) };
}

/** Which definition of its service an object was made for. */
export const versionMark = (fingerprint: string): Record<string, string> => ({ [FINGERPRINT]: fingerprint });

/** Which task, and which attempt at it, a job is; its id may be longer than a label can be. */
export const taskMark = (id: string, attempt: number): Record<string, string> => ({
  [TASK]: id,
  [ATTEMPT]: String(attempt),
});

/** What becomes of a volume when the service that made it goes. */
export const policyMark = (policy: string): Record<string, string> => ({ [POLICY]: policy });

type Marked = Record<string, string> | undefined;

/** What an object is for, by its labels. */
export const roleOf = (labels: Marked): string | undefined => labels?.[ROLE];

/** Whose it is, by its labels. */
export const serviceOf = (labels: Marked): string | undefined => labels?.[SERVICE];

/** The definition it was made for, by its labels. */
export const fingerprintOf = (labels: Marked): string | undefined => labels?.[FINGERPRINT];

/** The id of the task that a job is, by its annotations. */
export const taskIn = (annotations: Marked): string | undefined => annotations?.[TASK];

/** What becomes of a volume with its service, by its labels. */
export const policyOf = (labels: Marked): string => labels?.[POLICY] ?? 'delete';
