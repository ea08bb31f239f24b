import { SandboxError } from '../model/errors.ts';
import { administrator, mayManage, type Person } from '../model/person.ts';
import type { Definition, Service } from '../model/service.ts';
import { sorted } from './normalise.ts';

/** Who declares. */
export interface Author {
  person: Person;
  /** The groups of which a user has to be in one (OSCAR: `OIDC_GROUPS`); none, when anyone may come. */
  groups: readonly string[];
  /** What they showed for it: other clusters are asked in the name of a user. */
  authorization?: string | undefined;
}

/** Files, the command line, and whoever holds the sandbox's own password. */
export const byAdministrator: Author = { person: administrator, groups: [] };

/** OSCAR: only its owner changes a service, or the administrator. */
export function demandOwn({ definition }: Service, { person }: Author): void {
  if (mayManage(definition, person)) return;
  throw new SandboxError('forbidden', `User ${person.uid} doesn't have permision to modify this service`);
}

/** The definition in the virtual organisation of a user; throws OSCAR's sentences when it cannot be in that one. */
export function organised(definition: Definition, by: Author, before?: Definition): Definition {
  const vo = organisationOf(definition.vo, by, before);
  if (by.person.kind === 'admin' || before || vo === '') return { ...definition, vo };
  return { ...definition, vo, labels: sorted({ ...definition.labels, vo: label(vo) }) };
}

function organisationOf(wanted: string, { person, groups }: Author, before?: Definition): string {
  if (person.kind === 'admin' || groups.length === 0 || (before && before.vo === wanted)) return wanted;
  if (wanted !== '') {
    // OSCAR: one that is not among its groups is taken unchecked.
    if (!groups.includes(wanted) || person.groups.includes(wanted)) return wanted;
    throw new SandboxError('invalid', `this user isn't enrrolled on the vo: ${wanted}\n`);
  }
  const first = groups.find((group) => person.groups.includes(group));
  if (first !== undefined) return first;
  throw new SandboxError('invalid', `service must be part of one of the following VO:  [${groups.join(' ')}]\n`);
}

/** OSCAR: how an organisation is written into a label. */
const label = (vo: string): string =>
  vo.replace('/', '').replaceAll('/', '--').replaceAll(' ', '__').replaceAll(':', '___');
