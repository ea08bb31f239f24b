import type { Person } from '../model/person.ts';
import type { People } from '../oidc/people.ts';

/** May they know of everybody's calls and jobs? OSCAR: the administrator, and the users of `USERS_ADMIN`. */
export const oversees = (person: Person, { admins }: Pick<People, 'admins'>): boolean =>
  person.kind === 'admin' || admins.includes(person.uid);
